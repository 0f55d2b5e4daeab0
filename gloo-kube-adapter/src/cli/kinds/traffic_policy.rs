//! Traffic policies.

use gloo_core::api::HttpMatcher;
use gloo_core::id::{InputKind, InputRef};

use super::settings::{names, words};
use super::text::{OUTPUTS, destinations, outputs, workloads};
use super::{Item, View, verdicts};
use crate::cli::inventory::{Inventory, short};
use crate::cli::page::Page;

/// How traffic policies are shown.
pub const VIEW: View = View {
    kind: InputKind::TrafficPolicy,
    columns: &["NAME", "NAMESPACE", "STATE", "FEATURES", "SOURCES", "DESTINATIONS"],
    wide: &["MATCHERS", "CREATED", "MESSAGE"],
    has_cluster: false,
    list,
    page,
};

fn list(inventory: &Inventory<'_>) -> Vec<Item> {
    verdicts::judged(inventory, VIEW.kind)
        .map(|input| Item::of_plane(input, cells(inventory, input)))
        .collect()
}

fn cells(inventory: &Inventory<'_>, input: &InputRef) -> Vec<String> {
    let object = inventory.world.snapshot.traffic_policies.get(input);
    let spec = object.map(|object| &object.spec);
    let policy = spec.and_then(|spec| spec.policy.as_ref());
    vec![
        input.name.to_string(),
        input.namespace.to_string(),
        verdicts::state(inventory.status(input)),
        policy.map(names).unwrap_or_default(),
        verdicts::sources(inventory, input),
        verdicts::summary(inventory, input),
        spec.map(|spec| spec.http_request_matchers.len().to_string()).unwrap_or_default(),
        verdicts::created(
            object.and_then(|object| object.metadata.creation_timestamp.as_ref()).map(|time| &time.0),
        ),
        verdicts::first_error(inventory, input),
    ]
}

fn page(inventory: &Inventory<'_>, input: &InputRef) -> Page {
    let mut page = Page::default();
    page.text("Traffic policy", short(input));
    page.text("State", verdicts::state(inventory.status(input)));
    if let Some(object) = inventory.world.snapshot.traffic_policies.get(input) {
        let spec = &object.spec;
        page.text(
            "Created",
            verdicts::created(object.metadata.creation_timestamp.as_ref().map(|time| &time.0)),
        );
        page.text("Generation", object.metadata.generation.unwrap_or_default().to_string());
        page.lines("From", workloads(&spec.source_selector));
        page.lines("To", destinations(&spec.destination_selector));
        page.lines("Requests", requests(&spec.http_request_matchers));
        page.lines("Settings", spec.policy.as_ref().map(words).unwrap_or_default());
    }
    page.rows("Destinations", verdicts::COLUMNS, verdicts::rows(inventory, input));
    page.lines("Workloads", verdicts::names(inventory, verdicts::workloads(inventory.status(input))));
    page.rows("Outputs", OUTPUTS, outputs(inventory.outputs_of(input)));
    page.lines("Problems", verdicts::problems(inventory, input));
    page
}

/// Which requests are meant, a text for each alternative.
pub(super) fn requests(matchers: &[HttpMatcher]) -> Vec<String> {
    if matchers.is_empty() {
        return vec!["all".to_owned()];
    }
    let one = |matcher: &HttpMatcher| {
        let mut parts = Vec::new();
        if !matcher.method.is_empty() {
            parts.push(format!("method {}", matcher.method));
        }
        if let Some(path) = matcher.path() {
            let kinds = [
                ("is", path.exact),
                ("starts with", path.prefix),
                ("matches", path.regex),
                ("ends with", path.suffix),
            ];
            parts.extend(kinds.into_iter().filter_map(|(how, text)| Some(format!("path {how} {}", text?))));
        }
        for header in &matcher.headers {
            let not = if header.invert_match { "not " } else { "" };
            let value = match (header.value.is_empty(), header.regex) {
                (true, _) => String::new(),
                (false, true) => format!(" matches {}", header.value),
                (false, false) => format!("={}", header.value),
            };
            parts.push(format!("{not}header {}{value}", header.name));
        }
        for parameter in &matcher.query_parameters {
            let how = if parameter.regex { " matches " } else { "=" };
            parts.push(format!("parameter {}{how}{}", parameter.name, parameter.value));
        }
        if parts.is_empty() { "all".to_owned() } else { parts.join(", ") }
    };
    matchers.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use gloo_core::api::HttpMatcher;
    use serde_json::json;

    use super::requests;

    #[test]
    fn requests_in_words() {
        assert_eq!(requests(&[]), ["all"]);
        let matcher = |value| serde_json::from_value::<HttpMatcher>(value).unwrap();
        let all = [
            matcher(json!({ "method": "GET", "uri": { "prefix": "/tea" } })),
            matcher(
                json!({ "headers": [{ "name": "a" }, { "name": "b", "value": "c", "invertMatch": true }] }),
            ),
            matcher(
                json!({ "exact": "/x", "queryParameters": [{ "name": "q", "value": "1.*", "regex": true }] }),
            ),
            matcher(json!({})),
        ];
        assert_eq!(
            requests(&all),
            [
                "method GET, path starts with /tea",
                "header a, not header b=c",
                "path is /x, parameter q matches 1.*",
                "all",
            ]
        );
    }
}
