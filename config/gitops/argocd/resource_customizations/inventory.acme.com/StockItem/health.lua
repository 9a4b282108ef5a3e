-- Degraded where somebody has to do something: a duplicate, one that waits to take over, or more
-- promised than received. Suspended while nothing is sold because its owner says so.
local hs = { status = "Progressing", message = "no operator has seen this StockItem yet" }
if obj.metadata.deletionTimestamp ~= nil then
  hs.message = "it is being deleted"
  return hs
end
if obj.status == nil or obj.status.conditions == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return hs
end
local conditions = {}
for _, condition in ipairs(obj.status.conditions) do
  conditions[condition.type] = condition
end
for _, name in ipairs({ "Stalled", "Oversold" }) do
  if conditions[name] ~= nil and conditions[name].status == "True" then
    hs.status = "Degraded"
    hs.message = conditions[name].message
    return hs
  end
end
local ready = conditions["Ready"]
if ready == nil or ready.status ~= "True" then
  hs.message = ready ~= nil and ready.message or "it is not ready yet"
  return hs
end
if obj.spec.suspended then
  hs.status = "Suspended"
  hs.message = "nothing is sold: spec.suspended"
  return hs
end
hs.status = "Healthy"
hs.message = ready.message
return hs
