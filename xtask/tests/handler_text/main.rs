//! A handler is the same text on each framework.
//!
//! Only the path of the error's type differs, and Rocket's may be async.

#[allow(dead_code, reason = "it is compiled and compared, and never runs")]
mod hello_axum;
#[allow(dead_code, reason = "it is compiled and compared, and never runs")]
mod hello_rocket;
#[allow(dead_code, reason = "it is compiled and compared, and never runs")]
mod hello_warp;

use std::fs;
use std::path::Path;

/// Each framework with its hello-world.
const FRAMEWORKS: [(&str, &str); 3] = [
    ("axum", include_str!("hello_axum.rs")),
    ("warp", include_str!("hello_warp.rs")),
    ("rocket", include_str!("hello_rocket.rs")),
];

#[test]
fn the_handler_of_the_readmes_is_the_same_on_each_framework() {
    let first = visit(&program(&readme("README.md"), "axum"), "axum");
    assert!(first.contains("session.update(\"visits\""), "{first}");
    for (framework, _) in FRAMEWORKS {
        for file in ["README.md".to_owned(), format!("integrations/{framework}/README.md")] {
            assert_eq!(
                visit(&program(&readme(&file), framework), framework),
                first,
                "{framework}'s in {file}"
            );
        }
    }
}

#[test]
fn sessions_are_added_to_a_hello_world_in_under_ten_lines() {
    let readme = readme("README.md");
    let configured = block(&readme, "toml", "[default.session]").lines().count();
    let counts = FRAMEWORKS.map(|(framework, hello)| {
        let added = added(&program(&readme, framework), hello);
        if framework == "rocket" { added + configured } else { added }
    });
    assert!(counts.iter().all(|count| *count < 10), "{counts:?}");
    let [axum, warp, rocket] = counts;
    let said = format!("new or changed: {axum} on axum, {warp} on warp, {rocket} on Rocket.");
    assert!(readme.contains(&said), "the README does not say: {said}");
}

#[test]
fn the_calls_of_the_readmes_store_are_those_of_the_guides_store_which_the_test_kit_runs() {
    let calls = block(&readme("README.md"), "rust", "async fn create(");
    assert!(calls.contains("async fn update("), "{calls}");
    assert!(
        readme("session-testkit/docs/your_store.md").contains(&calls),
        "the guide has other calls:\n{calls}"
    );
}

fn readme(file: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace");
    fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The program that shows the handler `visit` on this framework.
fn program(readme: &str, framework: &str) -> String {
    let handler = format!("-> Result<String, session_{framework}::Error>");
    let is_program =
        |text: &str| text.contains(&handler) && (text.contains("fn main") || text.contains("#[launch]"));
    find_block(readme, "rust", is_program).unwrap_or_else(|| panic!("no program has {handler}"))
}

/// The first block in this language that contains this text.
fn block(readme: &str, language: &str, containing: &str) -> String {
    find_block(readme, language, |text| text.contains(containing))
        .unwrap_or_else(|| panic!("no block has {containing}"))
}

fn find_block(readme: &str, language: &str, wanted: impl Fn(&str) -> bool) -> Option<String> {
    let blocks = readme.split("\n```").skip(1).step_by(2);
    let in_language =
        blocks.filter_map(|block| block.split_once('\n').filter(|(of, _)| of.starts_with(language)));
    let mut texts = in_language.map(|(_, text)| text.to_owned());
    texts.find(|text| wanted(text))
}

/// The function `visit` of a program, without what may differ.
fn visit(program: &str, framework: &str) -> String {
    let (_, from) = program.split_once("fn visit(").expect("the program shows `visit`");
    let function = from.split_inclusive("\n}").next().expect("a split has a first part");
    function.replace(&format!("session_{framework}::Error"), "Error")
}

/// How many lines of a program the hello-world does not have.
fn added(program: &str, hello: &str) -> usize {
    let mut known: Vec<&str> = hello.lines().collect();
    let new = |line: &&str| match known.iter().position(|known| known == line) {
        Some(place) => {
            known.remove(place);
            false
        }
        None => true,
    };
    program.lines().filter(|line| !line.is_empty()).filter(new).count()
}
