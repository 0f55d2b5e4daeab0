//! Paths of fields, written as users write them.

/// Fields that hold conditions: an unknown field below one of them is a condition that would get lost.
const CONDITIONS: [&str; 12] = [
    "sourceSelector",
    "destinationSelector",
    "destinationSelectors",
    "httpRequestMatchers",
    "routeSelector",
    "selectors",
    "ingressGatewaySelectors",
    "eastWestIngressGatewaySelectors",
    "allowOrigins",
    "additionalOrigins",
    "ratelimitServerConfigSelector",
    "podsToBounce",
];

/// Appends a field to a path.
pub(super) fn join(base: &str, field: &str) -> String {
    if base.is_empty() { field.to_owned() } else { format!("{base}.{field}") }
}

/// Appends an element of a list to a path.
pub(super) fn element(base: &str, index: usize) -> String {
    format!("{base}[{index}]")
}

/// Says whether a condition would get lost with the unknown field at `path`: it stands in a selector or matcher, or its name says
/// that it is one.
pub(super) fn is_condition(path: &str) -> bool {
    let mut steps = path.split('.').map(|step| step.split('[').next().unwrap_or(step));
    if steps.next() != Some("spec") {
        return false;
    }
    let name = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    name.contains("selector") || name.contains("matcher") || steps.any(|step| CONDITIONS.contains(&step))
}
