use std::fmt;

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Artillery,
    AsyncApi,
    Gatling,
    Har,
    HttpFile,
    Hurl,
    Insomnia,
    JMeter,
    K6,
    Locust,
    OpenApi,
    Postman,
    Taurus,
    Tsung,
    Vegeta,
    Wrk,
    /// Of no tool that is known.
    Program(Language),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    JavaScript,
    TypeScript,
    Python,
    Scala,
    Java,
    Kotlin,
    Go,
}

impl Tool {
    /// Says that it is none of ours.
    pub fn refusal(self) -> String {
        format!("this is {self}; bankrun does not run it")
    }

    /// What to do about it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::K6 | Self::Program(Language::JavaScript | Language::TypeScript) => {
                "docs/from-k6.md shows what k6's scripts look like in Lua; `bankrun new FILE.lua` \
                 writes a script to begin with"
            }
            Self::Wrk => {
                "`bankrun new FILE.lua` writes a script to begin with; docs/lua.md says what \
                 scripts may call"
            }
            Self::OpenApi
            | Self::AsyncApi
            | Self::Har
            | Self::Postman
            | Self::Insomnia
            | Self::Hurl
            | Self::HttpFile
            | Self::Vegeta => {
                "`bankrun new FILE` writes a scenario to begin with; docs/scenarios.md says how it \
                 declares requests and what they do to the accounts"
            }
            Self::Artillery
            | Self::Gatling
            | Self::JMeter
            | Self::Locust
            | Self::Taurus
            | Self::Tsung
            | Self::Program(
                Language::Python
                | Language::Scala
                | Language::Java
                | Language::Kotlin
                | Language::Go,
            ) => {
                "`bankrun new FILE` writes a scenario to begin with; docs/scenarios.md explains \
                 its parts"
            }
        }
    }
}

/// `a k6 script`
impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Artillery => "an Artillery script",
            Self::AsyncApi => "an AsyncAPI document",
            Self::Gatling => "a Gatling simulation",
            Self::Har => "a HAR file, the recording of a browser",
            Self::HttpFile => "an .http file, requests for an editor",
            Self::Hurl => "a Hurl file",
            Self::Insomnia => "an Insomnia collection",
            Self::JMeter => "a JMeter test plan",
            Self::K6 => "a k6 script",
            Self::Locust => "a Locust file",
            Self::OpenApi => "an OpenAPI document",
            Self::Postman => "a Postman collection",
            Self::Taurus => "a Taurus configuration",
            Self::Tsung => "a Tsung configuration",
            Self::Vegeta => "a list of Vegeta targets",
            Self::Wrk => "a wrk script",
            Self::Program(language) => return write!(f, "a program in {language:?}"),
        })
    }
}
