//! Checks a template and draws it if it passes, whatever it is. For the fuzz target and for the property tests.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use regia::media::graphics::{Drawing, Error, Fonts, Picture, Raster, Renderer, Template};

const WIDTH: u32 = 320;
const HEIGHT: u32 = 180;

/// Checks the bytes as a template's file and draws it, with its own text as the values. Tells whether it passed the check.
pub fn check_and_draw(bytes: &[u8]) -> bool {
    static RENDERER: OnceLock<Renderer> = OnceLock::new();
    let renderer = RENDERER.get_or_init(|| {
        let fonts = Fonts::load().expect("the typefaces are installed: `make deps`");
        Renderer::new(&fonts, WIDTH, HEIGHT).expect("there is room")
    });
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let template = match Template::check("fuzzed.svg", text) {
        Ok(template) => template,
        Err(problems) => {
            assert!(!problems.is_empty());
            assert!(problems.iter().all(|problem| problem.line > 0 && problem.column > 0));
            return false;
        }
    };
    let parts: Vec<&str> = text.split(['<', '>', '"', '\'']).collect();
    let names = template.fields().iter().map(|field| field.id.clone());
    let names: Vec<String> = names.chain(template.specials().iter().map(|name| (*name).to_owned())).collect();
    let value = |at: usize| parts[at * 7919 % parts.len()].to_owned();
    let given: BTreeMap<String, String> =
        names.iter().enumerate().map(|(at, name)| (name.clone(), value(at))).collect();
    let picture = Arc::new(Picture { width: 3, height: 2, rgba: vec![200; 24] });
    for values in [BTreeMap::new(), given] {
        match renderer.draw(&template, &values, &|_| Some(Arc::clone(&picture))) {
            Ok(drawing) => assert_sound(&drawing),
            Err(Error::Panicked) => panic!("the SVG renderer panicked"),
            Err(_) => {}
        }
    }
    true
}

fn assert_sound(Drawing { raster, strip }: &Drawing) {
    let whole = |Raster { region, pixels }: &Raster| {
        assert_eq!(pixels.len(), (region.width * region.height * 4) as usize);
        assert_eq!([region.x % 2, region.y % 2, region.width % 2, region.height % 2], [0; 4]);
    };
    whole(raster);
    assert!(raster.region.x + raster.region.width <= WIDTH && raster.region.y + raster.region.height <= HEIGHT);
    if let Some(strip) = strip {
        whole(&strip.raster);
        assert!(strip.raster.region.width <= 8 * WIDTH + 2);
        assert!(strip.window.x + strip.window.width <= WIDTH && strip.window.y + strip.window.height <= HEIGHT);
    }
}
