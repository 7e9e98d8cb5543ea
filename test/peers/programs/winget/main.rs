//! Reads manifests of winget as JSON, one in each line, by the types that komac submits them with, and writes what they
//! hold in the same form: a field that the types do not know is missing there. Ends with 1 and the reason for one that is
//! refused.

use std::io::{self, BufRead};
use winget_types::{DefaultLocaleManifest, InstallerManifest, VersionManifest};

fn read(line: &str) -> serde_json::Result<serde_json::Value> {
    let value: serde_json::Value = serde_json::from_str(line)?;
    match value["ManifestType"].as_str() {
        Some("version") => serde_json::to_value(serde_json::from_str::<VersionManifest>(line)?),
        Some("installer") => serde_json::to_value(serde_json::from_str::<InstallerManifest>(line)?),
        _ => serde_json::to_value(serde_json::from_str::<DefaultLocaleManifest>(line)?),
    }
}

fn main() {
    for line in io::stdin().lock().lines() {
        match read(&line.expect("text")) {
            Ok(manifest) => println!("{manifest}"),
            Err(error) => {
                eprintln!("{error}");
                std::process::exit(1);
            }
        }
    }
}
