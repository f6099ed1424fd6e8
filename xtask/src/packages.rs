//! The check that each published crate tells the registry what it must.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::failure::Failure;
use crate::workspace;

/// Checks the manifests of all crates of the workspace that may be published.
pub(crate) fn run() -> Result<(), Failure> {
    let metadata = metadata()?;
    let packages = published(&metadata);
    let gaps: Vec<String> = packages.iter().flat_map(|package| gaps(package)).collect();
    if !gaps.is_empty() {
        return Err(Failure::Finding(format!(
            "crates that cannot be published as they are:\n{}",
            gaps.join("\n")
        )));
    }
    println!("crates that tell what a registry needs: {}", packages.len());
    Ok(())
}

fn metadata() -> Result<Value, Failure> {
    let mut command = workspace::cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let output =
        command.stderr(Stdio::inherit()).output().map_err(Failure::machine("cannot run `cargo metadata`"))?;
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Failure::Finding(format!("`cargo metadata` gave no JSON: {error}")))
}

/// Returns the packages that may be published: `publish = false` reads as an empty list of registries.
fn published(metadata: &Value) -> Vec<&Value> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    packages
        .iter()
        .filter(|package| package["publish"].as_array().is_none_or(|list| !list.is_empty()))
        .collect()
}

/// Returns a line for each thing that a package's manifest lacks.
fn gaps(package: &Value) -> Vec<String> {
    let text = |key: &str| package[key].as_str().filter(|text| !text.trim().is_empty());
    let manifest = text("manifest_path").unwrap_or("Cargo.toml");
    let mut gaps: Vec<String> = ["description", "license", "rust_version"]
        .into_iter()
        .filter(|key| text(key).is_none())
        .map(|key| format!("{manifest}:1: `{}` is missing; add it under [package]", key.replace('_', "-")))
        .collect();
    if text("documentation").or(text("repository")).is_none() {
        gaps.push(format!(
            "{manifest}:1: `documentation` and `repository` are missing; add one under [package]"
        ));
    }
    match text("readme") {
        Some(readme) if Path::new(manifest).with_file_name(readme).is_file() => {}
        Some(readme) => {
            gaps.push(format!("{manifest}:1: there is no `{readme}`; write it, or correct `readme`"))
        }
        None => {
            gaps.push(format!("{manifest}:1: `readme` is missing; write a README.md beside the manifest"))
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fs;

    #[test]
    fn only_what_may_be_published_is_checked() {
        let metadata = json!({"packages": [
            {"name": "private", "publish": []},
            {"name": "public", "publish": null},
            {"name": "ours", "publish": ["ours"]},
        ]});
        let names: Vec<&Value> = published(&metadata).iter().map(|package| &package["name"]).collect();
        assert_eq!(names, ["public", "ours"]);
    }

    #[test]
    fn a_whole_manifest_has_no_gaps() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("README.md"), "# Read me").unwrap();
        let package = json!({
            "manifest_path": folder.path().join("Cargo.toml"), "description": "A crate", "license": "MIT",
            "rust_version": "1.94", "readme": "README.md", "documentation": null, "repository": "elsewhere",
        });
        assert_eq!(gaps(&package), [""; 0]);
    }

    #[test]
    fn each_gap_is_a_line_that_names_the_key() {
        let gaps = gaps(&json!({"manifest_path": "a/Cargo.toml", "description": " "}));
        for (gap, key) in
            gaps.iter().zip(["`description`", "`license`", "`rust-version`", "`documentation`", "`readme`"])
        {
            assert!(gap.starts_with("a/Cargo.toml:1: ") && gap.contains(key), "{gap}");
        }
        assert_eq!(gaps.len(), 5);
    }

    #[test]
    fn a_readme_that_is_not_there_is_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        let gaps =
            gaps(&json!({"manifest_path": folder.path().join("Cargo.toml"), "readme": "../README.md"}));
        assert!(gaps.iter().any(|gap| gap.contains("there is no `../README.md`")), "{gaps:?}");
    }
}
