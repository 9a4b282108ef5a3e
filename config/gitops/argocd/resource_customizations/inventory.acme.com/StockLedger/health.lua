-- The namespace at a glance: Degraded where the journal is damaged, or an audit has found a wrong
-- figure. A sink that fails holds up no sale: the message tells.
local hs = { status = "Progressing", message = "no operator leads yet" }
if obj.status == nil or obj.status.conditions == nil then
  return hs
end
local conditions = {}
for _, condition in ipairs(obj.status.conditions) do
  conditions[condition.type] = condition
end
local function is(name, status)
  return conditions[name] ~= nil and conditions[name].status == status
end
for _, wrong in ipairs({ { "Stalled", "True" }, { "Consistent", "False" } }) do
  if is(wrong[1], wrong[2]) then
    hs.status = "Degraded"
    hs.message = conditions[wrong[1]].message
    return hs
  end
end
if not is("Ready", "True") then
  hs.message = conditions["Ready"] ~= nil and conditions["Ready"].message or hs.message
  return hs
end
hs.status = "Healthy"
hs.message = conditions["Ready"].message
if is("Delivering", "False") then
  hs.message = "outcomes are not delivered: " .. conditions["Delivering"].message
end
return hs
