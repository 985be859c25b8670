use super::shape::Shape;

/// One kind of mapping, and the keys it may have.
pub(super) struct Section {
    /// In the schema and in the reference.
    pub(super) name: &'static str,
    /// The keys as the reader knows them.
    pub(super) table: &'static [&'static str],
    pub(super) keys: &'static [Key],
    /// What other keys may be, where they are names that the author chooses.
    pub(super) others: Option<Shape>,
}

/// A key as a person needs to know it.
#[derive(Clone, Copy)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) takes: Shape,
    /// In Markdown.
    pub(super) meaning: &'static str,
    /// The value for example, in YAML.
    pub(super) example: &'static str,
    /// The value that it has when it is not there, in YAML.
    pub(super) default: Option<&'static str>,
}

pub(super) const fn key(
    name: &'static str,
    takes: Shape,
    meaning: &'static str,
    example: &'static str,
) -> Key {
    Key { name, takes, meaning, example, default: None }
}

impl Key {
    pub(super) const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }
}
