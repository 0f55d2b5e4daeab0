//! Routes as a VirtualService.

mod cors;
mod fault;
mod header;
mod mirror;
mod request;
mod retry;
mod shift;
mod timeout;

use std::collections::BTreeMap;
use std::sync::Arc;

use gloo_core::Istr;
use gloo_core::context::Context;
use gloo_core::id::InputRef;
use gloo_core::model::{Route, RouteSettings, View};

use crate::wire::{Destination, HttpRoute, Port, RouteDestination, Settings, VirtualService};

/// One pass for each part of a route: reads the model, fills in the draft.
type Pass = fn(Context<'_>, &Istr, &RouteSettings<'_>, &mut Settings);

const PASSES: [Pass; 6] = [timeout::pass, retry::pass, fault::pass, mirror::pass, header::pass, cors::pass];

/// The routes of a view, and the policies that have a part in them; nothing if there are none.
pub(crate) fn virtual_service(cx: Context<'_>, view: &View<'_>) -> Option<(VirtualService, Vec<InputRef>)> {
    if view.routes.routes.is_empty() {
        return None;
    }
    let settings: Vec<Written> =
        view.routes.settings.iter().map(|it| write(cx, &view.standpoint.cluster, it)).collect();
    let mut http = Vec::with_capacity(view.routes.routes.len());
    let mut itself: BTreeMap<u32, Arc<[RouteDestination]>> = BTreeMap::new();
    for route in &view.routes.routes {
        let Some(written) = settings.get(route.settings) else {
            continue;
        };
        http.push(HttpRoute {
            condition: request::condition(route),
            route: written.shift.clone().unwrap_or_else(|| {
                Arc::clone(itself.entry(route.port).or_insert_with(|| [to_itself(view, route)].into()))
            }),
            settings: Arc::clone(&written.settings),
        });
    }
    let mut policies: Vec<InputRef> =
        view.routes.settings.iter().flat_map(RouteSettings::policies).cloned().collect();
    policies.sort_unstable();
    policies.dedup();
    Some((VirtualService { hosts: [view.standpoint.host.clone()], export_to: Vec::new(), http }, policies))
}

/// What routes share that differ only in condition or port.
struct Written {
    settings: Arc<Settings>,
    shift: Option<Arc<[RouteDestination]>>,
}

fn write(cx: Context<'_>, cluster: &Istr, wanted: &RouteSettings<'_>) -> Written {
    let mut draft = Settings::default();
    for pass in PASSES {
        pass(cx, cluster, wanted, &mut draft);
    }
    Written { settings: Arc::new(draft), shift: shift::destinations(cx, cluster, wanted) }
}

/// Without a shift, requests go where they were sent.
fn to_itself(view: &View<'_>, route: &Route<'_>) -> RouteDestination {
    let port = Port { number: route.port };
    let destination = Destination { host: view.standpoint.host.clone(), port, subset: None };
    RouteDestination { destination, weight: 0, headers: None }
}
