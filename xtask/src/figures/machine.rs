//! What a machine is, as far as it decides about figures.

use serde_json::{Value, json};

/// The machine that we run on.
pub(super) fn here() -> Result<Value, String> {
    let read =
        |path: &str| std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(described(
        &read("/proc/cpuinfo")?,
        &read("/proc/meminfo")?,
        read("/proc/sys/kernel/osrelease")?.trim(),
        cores,
    ))
}

fn described(processors: &str, memory: &str, kernel: &str, cores: usize) -> Value {
    let value = |text: &str, name: &str| {
        text.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.trim() == name)
            .map(|(_, value)| value.trim().to_owned())
    };
    let kilobytes = value(memory, "MemTotal")
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok())
        .unwrap_or_default();
    json!({
        "processor": value(processors, "model name").unwrap_or_else(|| "unnamed".to_owned()),
        "cores": cores,
        // What the kernel keeps for itself is no whole number.
        "gigabytes": (kilobytes / 1_048_576.0).round(),
        // Its version; the rest is the name of who built it.
        "kernel": kernel.split('-').next().unwrap_or(kernel),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_processor_names_all() {
        let processors = "processor\t: 0\nmodel name\t: A 1\n\nprocessor\t: 1\nmodel name\t: B\n";
        let found = described(
            processors,
            "MemTotal:       24689000 kB\n",
            "6.1.0-2-amd64",
            2,
        );
        let expected =
            json!({"processor": "A 1", "cores": 2, "gigabytes": 24.0, "kernel": "6.1.0"});
        assert_eq!(found, expected);
    }
}
