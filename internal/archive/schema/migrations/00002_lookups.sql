-- What the bridge looks for once a journal has forgotten it: reservations and refusals of a cart, of
-- an object's uid, and of the name that a person gave an object. By id, which is made of a command's
-- source and id, the primary keys find them, and by order the first migration's indexes.

-- +goose Up
CREATE INDEX idx_reservations_cart ON reservations (cart_id);
CREATE INDEX idx_reservations_name ON reservations (object_name) WHERE object_name IS NOT NULL;
CREATE INDEX idx_refusals_cart ON refusals (cart_id);
CREATE INDEX idx_refusals_object ON refusals (object_uid) WHERE object_uid IS NOT NULL;
CREATE INDEX idx_refusals_name ON refusals (object_name) WHERE object_name IS NOT NULL;

-- +goose Down
DROP INDEX idx_reservations_cart, idx_reservations_name, idx_refusals_cart, idx_refusals_object, idx_refusals_name;
