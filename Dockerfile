FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /inventory-operator . && \
    CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /kubectl-inventory ./cmd/kubectl-inventory

FROM gcr.io/distroless/static:nonroot
COPY --from=build /inventory-operator /kubectl-inventory /
USER 65532:65532
ENTRYPOINT ["/inventory-operator"]
