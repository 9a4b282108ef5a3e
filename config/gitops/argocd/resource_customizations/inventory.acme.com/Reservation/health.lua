-- Degraded where the cart was refused, or cannot be decided as it is. Whether the units are held,
-- shipped or given back by now, it has come out well.
local hs = { status = "Progressing", message = "the cart is not decided yet" }
if obj.metadata.deletionTimestamp ~= nil then
  hs.message = "it is being deleted"
  return hs
end
if obj.status == nil or obj.status.conditions == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return hs
end
local decided = false
for _, condition in ipairs(obj.status.conditions) do
  if condition.type == "Stalled" and condition.status == "True" then
    hs.status = "Degraded"
    hs.message = condition.message
    return hs
  end
  if condition.type == "Decided" and condition.status == "True" then
    decided = true
  end
end
if decided then
  hs.status = "Healthy"
  hs.message = obj.status.phase
end
return hs
