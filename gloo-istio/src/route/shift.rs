//! `trafficShift` → `route`.

use std::sync::Arc;

use gloo_core::Istr;
use gloo_core::context::Context;
use gloo_core::model::RouteSettings;
use gloo_core::model::route::WeightedTarget;

use crate::route::header;
use crate::wire::{Destination, Port, RouteDestination};

/// The targets of a shift; nothing if requests stay where they are.
pub(super) fn destinations(
    cx: Context<'_>,
    cluster: &Istr,
    wanted: &RouteSettings<'_>,
) -> Option<Arc<[RouteDestination]>> {
    let shift = wanted.shift.as_ref()?;
    Some(shift.value.targets.iter().filter_map(|target| destination(cx, cluster, target)).collect())
}

fn destination(cx: Context<'_>, cluster: &Istr, wanted: &WeightedTarget) -> Option<RouteDestination> {
    let WeightedTarget { weight, target, subset, headers } = wanted;
    let subset = (!subset.is_empty()).then(|| cx.subset_name(target.id, subset));
    let host = cx.target_host(target.id, cluster)?;
    let destination = Destination { host, port: Port { number: target.port }, subset };
    Some(RouteDestination { destination, weight: *weight, headers: header::write(headers).map(Box::new) })
}
