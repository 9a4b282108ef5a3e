# Stock is declared, with kubectl or in Git.
kubectl inventory levels blue-mug-amsterdam

# Reserve a cart: all of it, or nothing.
cart='{"cartId": "5f0c7a52-3b0e-4a57-9d3c-6f0f3f1d8a11", "items": [{"productId": "4465ca67-98d0-4514-baf8-1f97a0af0c27", "quantity": 2}]}'
curl -sS 127.0.0.1:8080/reservations -H 'Idempotency-Key: checkout-1' --json "$cart" | jq -c '{reservationId, items}'

# Repeat it: the first answer again, and nothing more is held.
curl -sS 127.0.0.1:8080/reservations -H 'Idempotency-Key: checkout-1' --json "$cart" | jq -c '{reservationId, items}'

# Too many: refused as a whole, and told what is short.
curl -sS 127.0.0.1:8080/reservations --json "${cart/: 2/: 500}" | jq -c '{status, title, unavailableItems}'

# The hold is an object of the cluster, too.
kubectl wait reservation --all --for=condition=Decided

# Ship it: the units leave the stock for good.
curl -sS --fail -X POST 127.0.0.1:8080/reservations/e167e90c-d52e-5c2d-9330-54049cc2ffdc/consume | jq -c '{phase, items}'
curl -sS 127.0.0.1:8080/stock/4465ca67-98d0-4514-baf8-1f97a0af0c27
