#[test]
fn bench_run() {
    gstreamer::init().unwrap();
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let _g = rt.enter();
    let env = |k: &str, d: &str| std::env::var(k).unwrap_or(d.into()).parse::<u32>().unwrap();
    let format = super::Format {
        width: env("W", "1280"),
        height: env("H", "720"),
        fps: env("FPS", "30"),
        bitrate: env("BR", "2500000"),
    };
    let plan = super::bench::Plan {
        cities: env("CITIES", "5") as usize,
        format,
        span: std::time::Duration::from_secs(env("SPAN", "15").into()),
        takes: env("TAKES", "200") as usize,
    };
    let f = super::bench::program(&plan).unwrap();
    let p = |q: f64| f.takes.get(((f.takes.len() as f64 * q) as usize).min(f.takes.len().saturating_sub(1))).copied();
    println!(
        "one {:.3} four {:.3} p50 {:?} p99 {:?} max {:?} {:?}",
        f.one_visible,
        f.four_boxes,
        p(0.5),
        p(0.99),
        f.takes.last(),
        f.stats
    );
}
