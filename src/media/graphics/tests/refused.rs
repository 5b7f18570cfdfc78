//! What a user's template may not do, what is said of it, and that nothing that a template names is ever read.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::*;

/// A template with something in it.
fn with(inner: &str) -> String {
    svg("", inner)
}

fn svg(attributes: &str, inner: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' viewBox='0 0 100 50' \
         data-name='a' data-place='top' {attributes}>\n{inner}\n</svg>"
    )
}

fn field(attributes: &str) -> String {
    format!("<metadata><field {attributes}/></metadata>")
}

fn problems(text: &str) -> Vec<Problem> {
    Template::check("own.svg", text).err().unwrap_or_default()
}

/// What is said of it first.
fn told(text: &str) -> String {
    problems(text).first().map_or_else(|| "nothing".to_owned(), Problem::to_string)
}

fn assert_told(cases: &[(String, &str)]) {
    for (text, expected) in cases {
        let told = told(text);
        assert!(told.contains(expected), "{text}\n{told}\n{expected}");
    }
}

#[test]
fn a_sound_one_is_taken() {
    let text = field("id='a' label='A' kind='text'") + "<text data-width='50' y='20'>{a}</text>";
    assert_eq!(problems(&with(&text)), []);
}

#[test]
fn what_inkscape_writes_is_taken() {
    let inkscape = r##"<?xml version="1.0" encoding="UTF-8" standalone="no"?>
        <!-- Created with Inkscape (http://www.inkscape.org/) -->
        <svg width="1152" height="116" viewBox="0 0 1152 116" version="1.1" id="svg1" inkscape:version="1.3"
           sodipodi:docname="mio.svg" inkscape:export-filename="../mio.png" xmlns="http://www.w3.org/2000/svg"
           xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" xmlns:svg="http://www.w3.org/2000/svg"
           xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"
           xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:cc="http://creativecommons.org/ns#"
           data-name="Mio" data-place="bottom-left">
          <sodipodi:namedview id="namedview1" pagecolor="#ffffff" inkscape:zoom="0.7"/>
          <metadata id="m"><rdf:RDF><cc:Work rdf:about=""/></rdf:RDF>
            <field id="title" label="Titolo" kind="text"/>
            <field id="tint" label="Colore" kind="colour" default="#00ff00"/></metadata>
          <style id="style1"/>
          <defs id="defs1">
            <linearGradient id="a" inkscape:collect="always"><stop style="stop-color:#ff0000;stop-opacity:1" offset="0" id="s"/></linearGradient>
            <linearGradient id="b" xlink:href="#a" xmlns:xlink="http://www.w3.org/1999/xlink"/>
            <filter id="f"><feGaussianBlur stdDeviation="2" id="g"/></filter>
          </defs>
          <g inkscape:label="Layer 1" inkscape:groupmode="layer" id="layer1">
            <rect style="fill:url(#b);stroke:none;stroke-dasharray:none;marker-start:none" width="100" height="50" id="r"/>
            <rect style="fill:#000000" data-fill="{tint}" width="10" height="50" id="r2"/>
            <text xml:space="preserve" style="font-size:36px;font-family:Inter;-inkscape-font-specification:Inter;shape-inside:url(#r)"
               x="42" y="51" id="t" data-width="400"><tspan sodipodi:role="line" id="ts" x="42" y="51">{title}</tspan></text>
          </g>
        </svg>"##;
    let template = Template::check("mio.svg", inkscape).unwrap_or_else(|problems| panic!("{problems:?}"));
    let fields = [("title".to_owned(), "Genova ".repeat(20))].into();
    let raster =
        drawing(&Fonts::load().unwrap(), (WIDTH, HEIGHT), Graphic { template: template.into(), fields }).raster;
    assert_eq!((raster.pixel(5, 5), raster.pixel(50, 5)), ([0, 255, 0, 255], [255, 0, 0, 255]));
}

#[test]
fn each_problem_says_file_line_column_cause_and_what_mends_it() {
    let problems =
        problems(&with("<rect width='5' height='5'/>\n  <script>alert(1)</script>\n<circle r='2' filter='url(#f)'/>"));
    let told: Vec<String> = problems.iter().map(Problem::to_string).collect();
    assert_eq!(
        told,
        [
            "own.svg:3:3: scripts and event handlers are refused (<script>): delete it",
            "own.svg:4:15: a filter is not drawn: draw shadows and glows as shapes that let something through",
        ]
    );
}

#[test]
fn what_is_no_template_is_told() {
    assert_told(&[
        ("hello".into(), "no XML"),
        (with("<g>"), "own.svg:3:1: this is no XML: expected 'g' tag, not 'svg'"),
        ("<html/>".into(), "the first element is <html>"),
        ("<svg xmlns='http://www.w3.org/2000/svg' data-name='a' data-place='top'/>".into(), "no size"),
        ("<svg viewBox='0 0 1e9 1' data-name='a' data-place='top'/>".into(), "no size"),
        ("<svg viewBox='0 0 10 10' data-place='top'/>".into(), "no data-name"),
        ("<svg viewBox='0 0 10 10' data-name='a'/>".into(), "no place: add data-place, one of full, top-left"),
        ("<svg viewBox='0 0 10 10' data-name='a' data-place='middle'/>".into(), "data-place=\"middle\" is not known"),
        (svg("data-in='zoom'", ""), "one of cut, fade, slide-left"),
        (svg("data-margin='5'", ""), "two percentages"),
        (svg("data-lower='a 3'", ""), "a field and a height"),
        ("<a ".to_owned() + &"a='' ".repeat(201) + "/>", "attributes in one element"),
        (with(&"<g/>".repeat(2001)), "elements: 2000 are possible"),
        (with(&("<g>".repeat(40) + &"</g>".repeat(40))), "within each other"),
        (" ".repeat(256 * 1024) + "<svg/>", "262150 bytes: 262144 at most"),
    ]);
    let named = |file: &str| Template::check(file, &with("")).err().map(|problems| problems[0].to_string());
    for file in ["Own.svg", "a b.svg", ".svg", "a.SVG", "a", "../a.svg", &format!("{}.svg", "a".repeat(33))] {
        assert!(named(file).is_some_and(|told| told.contains("no name for a template")), "{file}");
    }
}

#[test]
fn fields_and_placeholders_belong_together() {
    let a = |rest: &str| with(&(field("id='a' label='A' kind='text'") + rest));
    assert_told(&[
        (with("<text>{a}</text>"), "own.svg:2:7: {a} is no field"),
        (with("<rect width='1' height='1' fill='{a}'/>"), "{a} is no field"),
        (with("<g data-if='a'/>"), "{a} is no field"),
        (a(""), "the field 'a' is used nowhere"),
        (a("<text>{a}</text>"), "no data-width"),
        (a("<rect fill='{a}'/>"), "{a} stands in fill"),
        (a("<rect width='{a}'/>"), "{a} stands in width"),
        (a("<image href='{a}' width='5' height='5'/>"), "only a picture"),
        (
            with(&(field("id='c' label='C' kind='colour' default='#fff000'") + "<text>{c}</text>")),
            "{c} stands in a text",
        ),
        (with(&field("id='a' label='A' kind='number'")), "kind=\"number\" is not known: one of text, colour, image"),
        (with(&field("id='a' label='A' kind='colour' default='red'")), "default=\"red\" is not known: a colour"),
        (with(&field("id='a' label='A' kind='text' max='0'")), "from 1 to 1000"),
        (with(&field("id='a' kind='text'")), "<field> has no label"),
        (with(&field("label='a' kind='text'")), "<field> has no id"),
        (with(&field("id='A b' label='A' kind='text'")), "no name for a field"),
        (with(&field("id='a' label='A' kind='text' required='maybe'")), "yes or no"),
        (
            with("<metadata><field id='a' label='A' kind='text'/><field id='a' label='A' kind='text'/></metadata>"),
            "two fields 'a'",
        ),
        (a("<text data-width='9' data-lines='2'>{a}</text>"), "no data-line-height"),
        (
            a("<text data-width='9' data-lines='2' data-line-height='9'><tspan>{a}</tspan><tspan>b</tspan></text>"),
            "several parts in a text with data-lines",
        ),
        (a("<g data-window='0 0 500 20' data-speed='100'><text>{a}</text></g>"), "within the page"),
        (a("<g data-window='0 0 50 20'><text>{a}</text></g>"), "data-speed"),
    ]);
    assert_eq!(problems(&with("<text>{time} and a lone { brace</text>")), []);
}

#[test]
fn nothing_outside_of_the_file_can_be_named() {
    let outside = "own.svg:2:8: 'file:///etc/passwd' lies outside of the template";
    assert_told(&[
        (with("<image href='file:///etc/passwd' width='5' height='5'/>"), outside),
        (with("<image xlink:href='/etc/passwd' width='5' height='5'/>"), "lies outside"),
        (with("<image href='../a.png'/>"), "lies outside"),
        (with("<image href='http://127.0.0.1/a.png'/>"), "lies outside"),
        (with("<image href='data:image/svg+xml;base64,PHN2Zy8+'/>"), "image/png or image/jpeg"),
        (with("<use href='other.svg#a'/>"), "lies outside"),
        (with("<linearGradient xlink:href='http://127.0.0.1/#a'/>"), "lies outside"),
        (with("<rect fill='url(http://127.0.0.1/#a)'/>"), "lies outside"),
        (with("<rect style='fill: URL( \"http://127.0.0.1/#a\" )'/>"), "lies outside"),
        (with("<rect style='nonsense: url(file:///etc/passwd)'/>"), "lies outside"),
        (with("<style>@import url(http://127.0.0.1/a.css);</style>"), "style sheets are refused"),
        (with("<style>@font-face { src: url(a.ttf) }</style>"), "style sheets are refused"),
        (with("<rect class='@import'/>"), "lies outside"),
        (with("<a href='http://127.0.0.1/'><rect/></a>"), "<a> is not drawn: take the link away"),
        (with("<foreignObject/>"), "<foreignObject> is not drawn"),
        (with("<rect onclick='alert(1)'/>"), "scripts and event handlers are refused (onclick)"),
        (format!("<!DOCTYPE svg SYSTEM 'http://127.0.0.1/a.dtd'>{}", with("")), "own.svg:1:1: a document type"),
        (
            format!("<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>{}", with("<text>&x;</text>")),
            "a document type",
        ),
        (with("<text>&x;</text>"), "no XML"),
        (format!("<?xml-stylesheet href='http://127.0.0.1/a.css'?>{}", with("")), "nothing"),
        (with("<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='file:///etc/passwd'/>"), "nothing"),
    ]);
}

#[test]
fn entities_that_grow_are_refused_before_they_grow() {
    let mut laughs = "<!DOCTYPE svg [<!ENTITY a0 'ha'>".to_owned();
    for level in 1..30 {
        laughs += &format!("<!ENTITY a{level} '{}'>", format!("&a{};", level - 1).repeat(10));
    }
    let begin = Instant::now();
    assert!(told(&format!("{laughs}]>{}", with("<text>&a29;</text>"))).contains("a document type"));
    assert!(begin.elapsed() < Duration::from_secs(1));
}

/// Also what gets past the check by some mistake of ours is not read, since the renderer has nothing that reads.
#[test]
fn no_drawing_opens_a_connection_or_a_file() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let red = folder.path().join("red.png");
    std::fs::write(&red, Picture { width: 1, height: 1, rgba: vec![255, 0, 0, 255] }.png().unwrap()).unwrap();
    let fonts = Fonts::load().unwrap();
    let renderer = Renderer::new(&fonts, 320, 180).unwrap();
    let template = Library::built_in().get("logo").unwrap().clone();
    let options = || renderer.options(&template, std::collections::HashMap::new());
    for source in
        [red.display().to_string(), format!("file://{}", red.display()), format!("http://127.0.0.1:{port}/a.png")]
    {
        let inner = format!(
            "<style>@import url({source}); @font-face {{ font-family: x; src: url({source}) }}</style>\
             <defs><filter id='f'><feImage href='{source}'/></filter></defs>\
             <image href='{source}' width='9' height='9'/><image xlink:href='{source}' width='9' height='9'/>\
             <use href='{source}#a'/><rect width='9' height='9' fill='url({source}#a) none' filter='url(#f)'/>\
             <text font-family='x'>a</text>"
        );
        let text = with(&inner);
        assert!(Template::check("own.svg", &text).is_err());
        // The renderer's own options, with the text as it is.
        let tree = resvg::usvg::Tree::from_str(&text, &options()).unwrap();
        let mut pixmap = resvg::tiny_skia::Pixmap::new(64, 64).unwrap();
        resvg::render(&tree, resvg::tiny_skia::Transform::identity(), &mut pixmap.as_mut());
        assert!(!pixmap.data().as_chunks::<4>().0.contains(&[255, 0, 0, 255]), "{source}");
        // As a value too it is only a name that the house's own pictures are asked for.
        let fields = [("image".to_owned(), source.clone())].into();
        let drawing = renderer.draw(&template, &fields, &|_| None).unwrap();
        assert!(drawing.raster.pixels.iter().all(|byte| *byte == 0), "{source}");
    }
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody came");
}

#[test]
fn what_would_take_long_is_refused() {
    let nested: String = (0..12).fold("<rect width='9' height='9'/>".to_owned(), |inner, level| {
        format!("<g id='g{level}'>{inner}</g><use href='#g{level}'/><use href='#g{level}'/>")
    });
    let layers = "<g opacity='0.5'><rect x='-400' y='-400' width='900' height='900'/></g>".repeat(400);
    let strokes = format!("<path stroke='#fff' stroke-width='9' d='M0 0{}'/>", "L99 49L0 0".repeat(6000));
    let long = "n ".repeat(9000);
    assert_told(&[
        (with("<g id='a'><use href='#a'/></g>"), "leads back to itself"),
        (with("<g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g>"), "leads back to itself"),
        (with(&nested), "leads back to itself"),
        (
            with(&format!("<g id='a'>{}</g>{}", "<rect/>".repeat(100), "<use href='#a'/>".repeat(100))),
            "elements with all that <use> repeats",
        ),
        (
            with(
                "<linearGradient id='a' href='#b'/><linearGradient id='b' href='#c'/><linearGradient id='c' href='#b'/>",
            ),
            "leads back to itself",
        ),
        (
            with(
                "<clipPath id='a'><rect clip-path='url(#b)'/></clipPath><clipPath id='b'><rect clip-path='url(#a)'/></clipPath>",
            ),
            "leads back to itself, or through others",
        ),
        (with("<mask id='a'><rect mask='url(#a)'/></mask>"), "leads back to itself"),
        (with("<rect fill='url(#a)'/>"), "'a' is referred to, but no gradient has that id"),
        (with("<pattern id='p'/><rect fill='url(#p)'/>"), "no gradient has that id"),
        (with("<g id='a'/><rect id='a'/>"), "two elements have the id 'a'"),
        (with("<path stroke-dasharray='0.001' d='M0 0L9 9'/>"), "a dashed line is not drawn"),
        (with("<path style='marker-mid:url(#m)' d='M0 0L9 9'/>"), "a marker"),
        (with("<animate/>"), "<animate> is not drawn"),
        (with("<textPath/>"), "<textPath> is not drawn"),
        (with(&format!("<text>{long}</text>")), "characters of text"),
        (with("<rect x='99999999' width='9' height='9'/>"), "no number beyond 999999"),
        (with("<rect x='999999' width='9' height='9'/>"), "pixels away"),
        (with("<path d='M0 0L1e9 9'/>"), "no number beyond"),
        (with("<g transform='scale(1e+9)'/>"), "no number beyond"),
        (with("<image width='1e-9' href='data:image/png;base64,AAAA'/>"), "sides of a picture"),
        (with("<g transform='matrix(1 6.1e-17 0 1 .12345678901 0.12345678)'/>"), "nothing"),
        (with(&layers), "too much to draw"),
        (with(&strokes), "too much to draw"),
        (with(&format!("<text x='{}'>a</text>", "1 ".repeat(5000))), "one number or percentage"),
    ]);
}

#[test]
fn a_picture_within_the_file_is_taken_and_a_bomb_is_not() {
    let data = |png: &[u8]| {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::from("data:image/png;base64,");
        for bytes in png.chunks(3) {
            let bits = bytes.iter().enumerate().fold(0, |bits, (at, byte)| bits | u32::from(*byte) << (16 - 8 * at));
            text.extend((0..=bytes.len()).map(|digit| char::from(DIGITS[(bits >> (18 - 6 * digit)) as usize % 64])));
        }
        text
    };
    let png = Picture { width: 2, height: 2, rgba: [0, 255, 0, 255].repeat(4) }.png().unwrap();
    let image =
        |data: &str| with(&format!("<image href='{data}' width='100' height='50' preserveAspectRatio='none'/>"));
    let template = Template::check("own.svg", &image(&data(&png))).unwrap();
    let fields = std::collections::BTreeMap::new();
    let raster =
        drawing(&Fonts::load().unwrap(), (WIDTH, HEIGHT), Graphic { template: template.into(), fields }).raster;
    assert_eq!(raster.pixel(50, 25), [0, 255, 0, 255]);
    // It says that it has more pixels than memory has room for.
    let mut bomb = png;
    bomb[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    assert!(told(&image(&data(&bomb))).contains("the picture within the file cannot be taken"));
}

#[test]
fn a_folder_gives_its_good_templates_and_tells_of_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
    put("mine.svg", with("<rect width='9' height='9'/>").as_bytes());
    put("bug.svg", with("<text>{time}</text>").as_bytes());
    put("bad.svg", with("<script/>").as_bytes());
    put("latin1.svg", b"<svg data-name='\xe8'/>");
    put("huge.svg", &vec![b' '; 300_000]);
    put("notes.txt", b"hello");
    std::fs::create_dir(folder.path().join("sub.svg")).unwrap();
    let (library, problems) = Library::with_folder(folder.path());
    let told: Vec<String> = problems.iter().map(Problem::to_string).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].starts_with("bad.svg:2:1: scripts"), "{told:?}");
    assert!(told[1].starts_with("huge.svg:1:1: the file has 300000 bytes"), "{told:?}");
    assert!(told[2].starts_with("latin1.svg:1:1: the file is not text in UTF-8"), "{told:?}");
    assert!(library.get("mine").is_some());
    assert_eq!(library.get("bug").unwrap().name(), "a", "a folder's template comes in the place of a built-in one");
    assert_eq!(library.iter().count(), 8);
    let (library, problems) = Library::with_folder(&folder.path().join("nowhere"));
    assert_eq!((library.iter().count(), problems.len()), (7, 1));
}
