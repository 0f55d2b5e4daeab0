//! `mirror` → `mirror` and `mirrorPercentage`.

use gloo_core::Istr;
use gloo_core::context::Context;
use gloo_core::model::RouteSettings;

use crate::wire::{Destination, Percent, Port, Settings};

/// The port is always written: without it the listener's port is taken, and nothing is copied if the target
/// does not have it.
pub(super) fn pass(cx: Context<'_>, cluster: &Istr, wanted: &RouteSettings<'_>, draft: &mut Settings) {
    let Some(mirror) = &wanted.mirror else { return };
    let Some(host) = cx.target_host(mirror.value.target.id, cluster) else {
        return;
    };
    let port = Port { number: mirror.value.target.port };
    let destination = Destination { host, port, subset: None };
    draft.mirror = Some((destination, Percent(mirror.value.percentage)));
}
