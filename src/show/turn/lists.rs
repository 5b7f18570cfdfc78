//! What there is: cities, co-hosts and scenes. Whether it may be is decided before.

use super::Turn;
use crate::show::apply::city_added;
use crate::show::{City, CityId, Cohost, CohostId, Composition, Event, Picture, Scene, SceneId, Source, Strip};

impl Turn<'_> {
    pub fn add_city(&mut self, city: City, position: Option<usize>) {
        let position = position.unwrap_or(usize::MAX).min(self.state.cities.len());
        self.event(city_added(city, position));
    }

    pub fn update_city(&mut self, id: &CityId, name: Option<String>, time_zone: Option<String>) {
        let Some(seat) = self.state.seat(id) else { return };
        let before = seat.city.clone();
        let city = City {
            id: before.id.clone(),
            name: name.unwrap_or_else(|| before.name.clone()),
            time_zone: time_zone.unwrap_or_else(|| before.time_zone.clone()),
        };
        self.change(city != before, Event::CityUpdated { city });
    }

    pub fn set_slate_text(&mut self, city: CityId, text: String) {
        let changes = self.state.seat(&city).is_some_and(|seat| seat.slate_text != text);
        self.change(changes, Event::SlateTextSet { city, text });
    }

    pub fn move_city(&mut self, city: CityId, to: usize) {
        let to = to.min(self.state.cities.len().saturating_sub(1));
        let moves = self.state.cities.iter().position(|seat| seat.city.id == city) != Some(to);
        self.change(moves, Event::CityMoved { city, to });
    }

    /// What stands by with the city in it gives way to the slate.
    pub fn remove_city(&mut self, city: CityId) {
        if self.state.preview.cities().any(|shown| *shown == city) {
            self.set_preview(Picture::full(Source::Slate));
        }
        self.event(Event::CityRemoved { city });
    }

    pub fn add_cohost(&mut self, cohost: Cohost) {
        let (strip, position) = (Strip::always(), self.state.cohosts.len());
        self.event(Event::CohostAdded { cohost, strip, position });
    }

    pub fn update_cohost(&mut self, cohost: Cohost) {
        let changes = self.state.cohost(&cohost.id).is_some_and(|known| known.cohost() != cohost);
        self.change(changes, Event::CohostUpdated { cohost });
    }

    pub fn move_cohost(&mut self, cohost: CohostId, to: usize) {
        let to = to.min(self.state.cohosts.len().saturating_sub(1));
        let moves = self.state.cohosts.iter().position(|known| known.id == cohost) != Some(to);
        self.change(moves, Event::CohostMoved { cohost, to });
    }

    pub fn remove_cohost(&mut self, cohost: CohostId) {
        self.event(Event::CohostRemoved { cohost });
    }

    pub fn add_scene(&mut self, name: String, composition: Option<Composition>) {
        let composition = composition.unwrap_or_else(|| Composition::of(&self.state.preview));
        self.save_scene(Scene { id: self.next_scene(), name, composition }, self.state.scenes.len());
    }

    pub fn update_scene(&mut self, id: SceneId, name: Option<String>, composition: Option<Composition>) {
        let Some(position) = self.state.scenes.iter().position(|scene| scene.id == id) else { return };
        let before = self.state.scenes[position].clone();
        let scene = Scene {
            id,
            name: name.unwrap_or_else(|| before.name.clone()),
            composition: composition.unwrap_or_else(|| before.composition.clone()),
        };
        self.change(scene != before, Event::SceneSaved { scene, position });
    }

    pub fn duplicate_scene(&mut self, id: SceneId) {
        let Some(position) = self.state.scenes.iter().position(|scene| scene.id == id) else { return };
        let Scene { name, composition, .. } = self.state.scenes[position].clone();
        // The copy's mark may not make the name too long.
        let name: String = name.chars().take(Scene::NAME_MAX - 2).collect();
        let name = format!("{} 2", name.trim_end());
        self.save_scene(Scene { id: self.next_scene(), name, composition }, position + 1);
    }

    pub fn move_scene(&mut self, scene: SceneId, to: usize) {
        let to = to.min(self.state.scenes.len().saturating_sub(1));
        let moves = self.state.scenes.iter().position(|known| known.id == scene) != Some(to);
        self.change(moves, Event::SceneMoved { scene, to });
    }

    pub fn remove_scene(&mut self, scene: SceneId) {
        self.event(Event::SceneRemoved { scene });
    }

    fn save_scene(&mut self, scene: Scene, position: usize) {
        self.event(Event::SceneSaved { scene, position });
    }

    fn next_scene(&self) -> SceneId {
        SceneId(self.state.numbers.scene + 1)
    }
}
