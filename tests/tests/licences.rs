//! Every crate and every npm package that is built in must have a licence that lets the app be given away.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use hatstand_tests::programs::root;
use hatstand_tests::trouble::{Doing, Outcome};
use serde_json::Value;

/// Permissive licences, and MPL-2.0, which binds its own files alone.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "OFL-1.1",
    "OpenSSL",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// Whether an SPDX expression can be met by allowed licences. AND binds closer than OR.
fn met(expression: &str) -> bool {
    // Older crates write MIT/Apache-2.0.
    let expression = expression.replace('/', " OR ");
    let tokens = expression.replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = tokens.split_whitespace().collect();
    let mut at = 0;
    let answer = either(&tokens, &mut at);
    answer && at == tokens.len()
}

fn either(tokens: &[&str], at: &mut usize) -> bool {
    let mut answer = both(tokens, at);
    while tokens.get(*at) == Some(&"OR") {
        *at += 1;
        answer |= both(tokens, at);
    }
    answer
}

fn both(tokens: &[&str], at: &mut usize) -> bool {
    let mut answer = one(tokens, at);
    while tokens.get(*at) == Some(&"AND") {
        *at += 1;
        answer &= one(tokens, at);
    }
    answer
}

fn one(tokens: &[&str], at: &mut usize) -> bool {
    let Some(token) = tokens.get(*at) else { return false };
    *at += 1;
    if *token == "(" {
        let answer = either(tokens, at);
        // Past the closing bracket.
        *at += 1;
        return answer;
    }
    if tokens.get(*at) == Some(&"WITH") {
        let name = format!("{token} WITH {}", tokens.get(*at + 1).unwrap_or(&""));
        *at += 2;
        return ALLOWED.contains(&name.as_str());
    }
    ALLOWED.contains(token)
}

#[test]
fn expressions_are_understood() {
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("MIT OR GPL-3.0-only", true),
        ("MIT AND GPL-3.0-only", false),
        ("(MIT OR GPL-3.0-only) AND Unicode-3.0", true),
        ("Apache-2.0 WITH LLVM-exception OR GPL-2.0-only", true),
        ("MIT/Apache-2.0", true),
        ("", false),
    ] {
        assert_eq!(met(expression), expected, "{expression}");
    }
}

#[test]
fn every_crate_has_an_allowed_licence() -> Outcome<()> {
    let output = Command::new(option_env!("CARGO").unwrap_or("cargo"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().doing("reading cargo metadata")?;
    let refused: BTreeSet<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(met))
        .map(|package| format!("{} {}: {}", package["name"], package["version"], package["license"]))
        .collect();
    assert!(packages.len() > 50, "only {} packages", packages.len());
    assert!(refused.is_empty(), "{refused:#?}");
    Ok(())
}

#[test]
fn every_npm_package_has_an_allowed_licence() -> Outcome<()> {
    // What the window shows, and what the tests sign in at.
    for folder in ["ui", "tests/oidc"] {
        let lock: Value = serde_json::from_slice(&fs::read(root().join(folder).join("package-lock.json"))?)?;
        let packages = lock["packages"].as_object().doing("reading package-lock.json")?;
        let refused: BTreeSet<String> = packages
            .iter()
            // "" is the folder itself; `dev` are tools that are not shipped.
            .filter(|(path, package)| !path.is_empty() && package["dev"] != true)
            .filter(|(path, package)| match package["license"].as_str() {
                Some(licence) => !met(licence),
                None => !is_mit_by_its_file(folder, path),
            })
            .map(|(path, package)| format!("{folder}/{path}: {}", package["license"]))
            .collect();
        assert!(packages.len() > 10, "only {} packages in {folder}", packages.len());
        assert!(refused.is_empty(), "{refused:#?}");
    }
    Ok(())
}

/// A package that names no licence but ships one: what its file says counts.
fn is_mit_by_its_file(folder: &str, path: &str) -> bool {
    let folder = root().join(folder).join(path);
    ["LICENSE", "LICENSE.md"].iter().any(|name| {
        fs::read_to_string(folder.join(name)).is_ok_and(|text| {
            text.trim_start().starts_with("MIT License")
                && text.contains("Permission is hereby granted, free of charge")
        })
    })
}
