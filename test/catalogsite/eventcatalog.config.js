// How make catalog-site builds catalog/: as a company would that has this service alone.
export default {
  cId: 'e5b6c0de-0000-4000-8000-000000000001',
  title: 'Inventory Service',
  tagline: 'Stock, and the carts that it is promised to',
  organizationName: 'Acme',
  homepageLink: 'https://github.com/acme/inventory-service',
  output: 'static',
  trailingSlash: true,
  base: '/',
  outDir: 'dist',
};
