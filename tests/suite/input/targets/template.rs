use std::sync::Arc;

use bankrun::template::{Dice, Globals, Place, Scope, Template, Value};

/// A text with `{{ ... }}`. It is worked out the same way from the same seed, and
/// what is wrong with it stands at a character of it.
pub fn target(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let template = match Template::parse(&text) {
        Ok(template) => template,
        Err(error) => {
            assert!(!error.message.is_empty());
            assert!(text.is_char_boundary(error.offset), "{error:?}");
            return;
        }
    };
    assert_eq!(template.source(), text);
    assert_eq!(Template::parse(&template.to_string()).as_ref(), Ok(&template));
    template.paths();
    let variables = template.variables();
    let worked_out = template.render(&scope());
    assert_eq!(worked_out, template.render(&scope()), "the same seed");
    template.value(&scope()).ok();
    match template.fixed() {
        Some(fixed) => assert_eq!(worked_out.as_deref(), Ok(fixed)),
        None => assert!(!text.is_empty() && text.contains("{{"), "{variables:?}"),
    }
}

fn scope() -> Arc<Scope> {
    let place = Place { vu: 1, iteration: 2, scenario: "any".into(), of_all: 2 };
    let globals = Arc::new(Globals::default());
    let scope = Scope::new(place, Dice::new(fastrand::Rng::with_seed(1)), &globals);
    scope.set("qty", Value::from(2));
    scope.set("name", Value::from("a b/ü"));
    scope.set("list", Value::from(vec![1, 2, 3]));
    Arc::new(scope)
}
