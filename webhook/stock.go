package webhook

import (
	"context"
	"net/http"
	"net/url"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// getStock is Get Stock Level over plain HTTP.
func (b *bridge) getStock(x *exchange, r *http.Request) error {
	namespace, err := b.namespace(x, r)
	if err != nil {
		return err
	}
	query, err := b.readStock(url.Values{"productId": {r.PathValue("product")}, "locations": r.URL.Query()["locations"]})
	if err != nil {
		return err
	}
	levels, err := b.stockLevels(r.Context(), x, namespace, query)
	if err != nil {
		return err
	}
	if len(levels.Unknown) > 0 {
		return notStocked(namespace, levels)
	}
	return writeJSON(x, levels.Items[0])
}

// getStocks is Get Stock Level for several products over plain HTTP.
func (b *bridge) getStocks(x *exchange, r *http.Request) error {
	namespace, err := b.namespace(x, r)
	if err != nil {
		return err
	}
	query, err := b.readStock(r.URL.Query())
	if err != nil {
		return err
	}
	levels, err := b.stockLevels(r.Context(), x, namespace, query)
	if err != nil {
		return err
	}
	return writeJSON(x, levels)
}

// readStock reads the parameters of a question: productId once or several times, and whether
// places are told too.
func (b *bridge) readStock(values url.Values) (*events.GetStockLevel, error) {
	query := &events.GetStockLevel{}
	for name, texts := range values {
		switch {
		case name == "productId" && len(texts) <= v1.MaxItems:
			for _, text := range texts {
				if wrong := b.IDs.Wrong(text); wrong != "" {
					return nil, events.Invalid("productId", "%s", wrong)
				}
				query.ProductIDs = append(query.ProductIDs, v1.CanonicalID(text))
			}
		case name == "productId":
			return nil, events.Invalid(name, "must be given %d times at most", v1.MaxItems)
		case name == "locations" && len(texts) == 0:
		case name == "locations" && len(texts) == 1 && (texts[0] == "true" || texts[0] == "false"):
			query.Locations = texts[0] == "true"
		case name == "locations":
			return nil, events.Invalid(name, "must be true or false")
		default:
			return nil, events.Invalid(clip(name, 64), "is not known here: give productId, and locations=true for the units by place")
		}
	}
	if len(query.ProductIDs) == 0 {
		return nil, events.Invalid("productId", "is required")
	}
	return query, nil
}

// stockLevels tells the stock of products as the journal has it. That nobody stocks one is proven.
func (b *bridge) stockLevels(ctx context.Context, x *exchange, namespace string, query *events.GetStockLevel) (events.StockLevels, error) {
	ctx, cancel := x.bound(ctx, b.Wait)
	defer cancel()
	j, err := b.enterToRead(ctx, x, namespace)
	if err != nil {
		return events.StockLevels{}, err
	}
	if j == nil {
		return levelsIn(nothing{}, query), nil
	}
	levels := levelsIn(j, query)
	if len(levels.Unknown) == 0 {
		return levels, nil
	}
	if err := b.proveAbsence(ctx, j); err != nil {
		return levels, orElse(err, "whether product %q is stocked cannot be told now: ask again", levels.Unknown[0])
	}
	return levelsIn(j, query), nil
}

// levelsIn tells the stock of products as far as a journal is known here.
func levelsIn(j Journal, query *events.GetStockLevel) events.StockLevels {
	levels := events.StockLevels{Items: []events.StockLevel{}}
	j.Read(func(s *stock.State, _ *journal.Log) {
		for _, product := range query.ProductIDs {
			level, known := levelOf(s, product, query.Locations)
			if !known {
				levels.Unknown = append(levels.Unknown, product)
				continue
			}
			levels.Items = append(levels.Items, level)
		}
	})
	return levels
}

func levelOf(s *stock.State, product string, locations bool) (level events.StockLevel, known bool) {
	level.ProductID = product
	level.Available, level.Reserved, known = s.Level(stock.ID(product))
	if !known || !locations {
		return level, known
	}
	for _, place := range s.Locations(stock.ID(product)) {
		level.Locations = append(level.Locations, events.LocationLevel{
			LocationID: place.Location, OnHand: place.OnHand, Available: place.Available, Reserved: place.Reserved,
		})
	}
	return level, true
}

func notStocked(namespace string, levels events.StockLevels) error {
	return fail(notFound, "nobody stocks product %q in namespace %s", levels.Unknown[0], namespace)
}
