//! `faultInjection` → `fault`.

use gloo_core::Istr;
use gloo_core::context::Context;
use gloo_core::model::RouteSettings;
use gloo_core::model::route::FaultKind;

use crate::wire::{Abort, Delay, Fault, Percent, Settings};

pub(super) fn pass(_: Context<'_>, _: &Istr, wanted: &RouteSettings<'_>, draft: &mut Settings) {
    draft.fault = wanted.fault.as_ref().map(|fault| {
        let percentage = Percent(fault.value.percentage);
        match fault.value.kind {
            FaultKind::Abort(http_status) => Fault::Abort(Abort { http_status, percentage }),
            FaultKind::Delay(fixed_delay) => Fault::Delay(Delay { fixed_delay, percentage }),
        }
    });
}
