# The image of make image, of one platform, for those who use Docker: the same build of the
# programs, the same other files, user and labels (hack/image compares them).
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY . .
ARG VERSION=dev
ARG TARGETARCH
RUN GOOS=linux GOARCH=$TARGETARCH make build build-plugin VERSION=$VERSION
RUN GOWORK=off go run -C hack/image . --rootfs /rootfs

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /src/bin/inventory-operator /src/bin/kubectl-inventory /
ARG VERSION=dev
ARG REVISION
ARG CREATED
LABEL org.opencontainers.image.title="inventory-operator" \
      org.opencontainers.image.description="The operator of the Inventory Service: the system of record for stock" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/acme/inventory-service" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED"
USER 65532:65532
ENTRYPOINT ["/inventory-operator"]
