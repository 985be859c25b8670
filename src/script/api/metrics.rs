//! `metrics`: values that a script measures itself.

use mlua::{Function, Table, Value};

use super::Maker;
use super::arguments::tags;
use super::maker::{Call, Refusal};
use crate::facts::{Event, MetricKind, Sample};
use crate::script::guard::line_of_script;

/// Where a metric keeps its way to take values.
const METHODS: &str = "bankrun.metric";

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    let methods = make.lua.create_table()?;
    methods.raw_set("add", make.function("metric:add", add)?)?;
    let meta = make.lua.create_table()?;
    meta.raw_set("__index", methods)?;
    meta.raw_set("__metatable", false)?;
    make.lua.set_named_registry_value(METHODS, meta)?;

    let metrics = make.lua.create_table()?;
    metrics.raw_set("counter", maker(make, "metrics.counter", MetricKind::Counter)?)?;
    metrics.raw_set("gauge", maker(make, "metrics.gauge", MetricKind::Gauge)?)?;
    metrics.raw_set("rate", maker(make, "metrics.rate", MetricKind::Rate)?)?;
    metrics.raw_set("trend", maker(make, "metrics.trend", MetricKind::Trend)?)?;
    make.lua.globals().raw_set("metrics", metrics)
}

fn maker(make: &Maker<'_>, name: &'static str, kind: MetricKind) -> mlua::Result<Function> {
    make.function(name, move |mut call| {
        let name = call.arguments.text("name")?;
        let source = &call.host.source;
        let place = line_of_script(&call.lua).unwrap_or_else(|| source.name.clone());
        let made = source.metrics.make(&name, kind, place);
        let name = made.map_err(|cause| call.arguments.refuse(cause))?;
        let metric = call.lua.create_table()?;
        metric.raw_set("name", &*name)?;
        metric.raw_set("kind", kind.name())?;
        metric.set_metatable(Some(call.lua.named_registry_value(METHODS)?))?;
        Ok(metric)
    })
}

fn add(mut call: Call) -> Result<(), Refusal> {
    let metric = call.arguments.table("the metric (call it as metric:add(value))")?;
    let name: Value = metric.raw_get("name")?;
    let known = match &name {
        Value::String(name) => call.host.source.metrics.find(&name.to_string_lossy()),
        _ => None,
    };
    let Some((name, kind)) = known else {
        return Err(call.arguments.wrong("the metric", "one that metrics.* made", &name));
    };
    let given = call.arguments.value();
    let value = match &given {
        Value::Integer(value) => *value as f64,
        Value::Number(value) if value.is_finite() => *value,
        Value::Boolean(value) if kind == MetricKind::Rate => f64::from(*value),
        _ if kind == MetricKind::Rate => {
            return Err(call.arguments.wrong("the value", "true, false or a number", &given));
        }
        _ => return Err(call.arguments.wrong("the value", "a number", &given)),
    };
    let own = added(&mut call)?;
    let vu = call.vu()?;
    vu.emit(Event::Sample(Sample {
        workload: vu.seat.workload,
        metric: name,
        kind,
        value,
        tags: call.host.tags(&vu).with(own),
    }));
    Ok(())
}

fn added(call: &mut Call) -> Result<Vec<(String, String)>, Refusal> {
    let table: Option<Table> = call.arguments.optional_table("tags")?;
    let own = table.map_or(Ok(Vec::new()), |table| tags(&table));
    own.map_err(|cause| call.arguments.refuse(cause))
}
