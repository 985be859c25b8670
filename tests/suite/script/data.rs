use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bankrun::script::{Script, ScriptError};

use super::drive::{run, scenario, workload};

fn script(folder: &Path, text: &str) -> Result<Arc<Script>, ScriptError> {
    let path = folder.join("custom.lua");
    std::fs::write(&path, text).expect("a script");
    Script::load(&path, BTreeMap::new()).map(Arc::new)
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file");
    };
    std::fs::create_dir(folder.path().join("deep")).expect("a folder");
    write("users.csv", "name,age\nada,36\n\"b, c\",7\n");
    write("deep/plain.txt", "x|y\nz|w\n");
    write("list.json", r#"[{ "a": [1, 2] }, 5]"#);
    write("object.json", r#"{ "a": 9007199254740993 }"#);
    write("broken.csv", "a,b\n1\n");
    write("open.csv", "a,b\n1,\"x\n2,y\n");
    write("broken.json", "{\n\n!");
    folder
}

async fn logs(text: &str) -> Vec<String> {
    let folder = folder();
    let script = script(folder.path(), text).expect("a script");
    let ran = run(script, scenario(vec![workload("main", "default", 1, 1)])).await.whole();
    ran.logs().into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn rows_are_tables_when_they_are_asked_for() {
    let said = logs(
        r#"
        local users = data.csv("users.csv")
        function default()
          log.info(#users, users[1].name, users[2].name, users[2].age, users[0], users[3], users.name)
          for place, user in ipairs(users) do log.info(place, user.age) end
          for place, user in pairs(users) do log.info(place, user.name) end
          local bare = data.csv("./deep/plain.txt", { header = false, delimiter = "|" })
          log.info(#bare, bare[1][2], bare[2][1], tostring(bare))
          local list, object = data.json("list.json"), data.json("object.json")
          log.info(#list, list[1].a[2], list[2], object.a)
          local first = users[1]
          first.name = "changed"
          log.info(users[1].name, random.pick(users).age ~= nil)
        end
        "#,
    )
    .await;
    assert_eq!(
        said,
        [
            "2 ada b, c 7 nil nil nil",
            "1 36",
            "2 7",
            "1 ada",
            "2 b, c",
            "2 y z 2 rows",
            "2 2 5 9007199254740993",
            "ada true",
        ]
    );
}

#[tokio::test]
async fn what_is_wrong_is_said_with_file_and_line() {
    let folder = folder();
    for (code, error) in [
        (
            "data.csv('broken.csv')",
            "data.csv: broken.csv:2: this row has 1 fields, the others have 2",
        ),
        (
            "data.csv('open.csv')",
            "data.csv: open.csv:2: a quote is opened here and never closed; close it; a quote that belongs to the text is written twice, in a field that is in quotes: \"5\"\" pipe\"",
        ),
        ("data.json('broken.json')", "data.json: broken.json:3: key must be a string"),
        ("data.csv('none.csv')", "data.csv: none.csv: there is no such file"),
        ("data.csv('deep')", "data.csv: deep: this is a folder, not a regular file"),
        (
            "data.csv('../x.csv')",
            "data.csv: `../x.csv` leads out of the script's folder; a script reads only files in it and below",
        ),
        (
            "data.json('/etc/passwd')",
            "data.json: `/etc/passwd` leads out of the script's folder; a script reads only files in it and below",
        ),
        (
            "data.csv('users.csv', { sep = 1 })",
            "data.csv: there is no option `sep`; there are header and delimiter",
        ),
        (
            "data.csv('users.csv', { delimiter = '||' })",
            "data.csv: delimiter must be one character, not the text \"||\"",
        ),
        ("data.csv('users.csv')[1] = 2", "the rows of a data file cannot be changed"),
    ] {
        let found = script(folder.path(), &format!("\n{code}")).expect_err(code).to_string();
        assert_eq!(found, format!("custom.lua:2: {error}"));
    }
}

#[tokio::test]
async fn virtual_users_share_what_was_read() {
    let folder = folder();
    let text = "local users = data.csv('users.csv') function default() assert(#users == 2) end";
    let script = script(folder.path(), text).expect("a script");
    std::fs::remove_file(folder.path().join("users.csv")).expect("gone");
    let ran = run(script, scenario(vec![workload("main", "default", 5, 5)])).await.whole();
    assert_eq!(ran.iterations(), 5);
}
