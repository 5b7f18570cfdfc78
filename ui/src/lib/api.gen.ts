// Written by `npm run api` from openapi.json: change the server's types instead.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description The code that a channel gets. */
        readonly AccessCode: {
            /** @description What viewers have to know. */
            readonly code: string;
        };
        /**
         * @description Who does something: an operator or a machine by name, a city or a co-host by identifier, the server itself (`house`), or somebody who watches (`viewer`).
         * @example operator:Anna
         * @example machine:companion
         * @example city:roma
         * @example cohost:luca
         * @example house
         * @example viewer
         */
        readonly Actor: string;
        /** @description Something that somebody should mend. The channels go on. */
        readonly Alarm: {
            /** @enum {string} */
            readonly alarm: "store_failing";
            /** @description What the store said. */
            readonly error: string;
        } | {
            /** @enum {string} */
            readonly alarm: "recovered";
            /** @description What, and what was done. */
            readonly what: string;
        } | {
            /** @enum {string} */
            readonly alarm: "program_guarded";
            /** @description What was on air. */
            readonly picture: string;
        } | {
            /** @enum {string} */
            readonly alarm: "program_failed";
            /** @description What was seen. */
            readonly error: string;
        } | {
            /** @enum {string} */
            readonly alarm: "encoder_failed";
            /** @description Which one, and what it said. */
            readonly error: string;
        } | {
            /** @enum {string} */
            readonly alarm: "silence";
            /** @description Where. */
            readonly mix: components["schemas"]["Mix"];
        } | {
            /** @enum {string} */
            readonly alarm: "clipping";
            /** @description Where. */
            readonly mix: components["schemas"]["Mix"];
        } | {
            /** @enum {string} */
            readonly alarm: "loudness";
            /**
             * Format: int32
             * @description How loud it has been lately, in whole LUFS.
             */
            readonly lufs: number;
            /** @description Where. */
            readonly mix: components["schemas"]["Mix"];
        } | {
            /** @enum {string} */
            readonly alarm: "trunk_failing";
            /**
             * Format: int32
             * @description The SIP status that came back; none if nothing did.
             */
            readonly status: number | null;
            /** @description What stands in the way. */
            readonly why: components["schemas"]["TrunkTrouble"];
        } | {
            /** @enum {string} */
            readonly alarm: "loop";
            /** @description From whom. */
            readonly strip: components["schemas"]["StripId"];
        };
        /**
         * @description When the sound of a city is heard that is not in the picture, if its strip follows the picture.
         * @enum {string}
         */
        readonly Ambience: "auto" | "always";
        /** @description An API key, as listed: all but the key. */
        readonly ApiKey: {
            /** @description The operator in whose name it acts. */
            readonly acts_for: string | null;
            /**
             * Format: int64
             * @description Since when, in µs since 1970, UTC.
             */
            readonly added_us: number;
            /** @description Name. */
            readonly name: string;
            /**
             * Format: int64
             * @description Since when it opens nothing any more, in µs since 1970, UTC.
             */
            readonly revoked_us: number | null;
            /** @description What it may do. */
            readonly roles: readonly components["schemas"]["Role"][];
        };
        /**
         * @description Whom a message is for: the control room, every city and co-host, every city, every co-host, or one of them.
         * @example director
         * @example all
         * @example cities
         * @example cohosts
         * @example city:roma
         * @example cohost:luca
         */
        readonly Audience: "director" | "all" | "cities" | "cohosts" | `city:${string}` | `cohost:${string}`;
        /** @description A line around a box, within it. */
        readonly Border: {
            /** @description Which colour. */
            readonly colour: components["schemas"]["Colour"];
            /**
             * Format: int32
             * @description How wide, 1 to 50 thousandths of the picture's height.
             */
            readonly width: number;
        };
        /**
         * @description One of the director's two buses.
         * @enum {string}
         */
        readonly Bus: "program" | "preview";
        /**
         * @description Why a call is over.
         * @enum {string}
         */
        readonly CallEnd: "hung_up" | "blocked" | "left" | "unanswered" | "declined" | "failed";
        /** @description The number of somebody on the telephone. */
        readonly CallersNumber: {
            /** @description All of it. */
            readonly number: components["schemas"]["PhoneNumber"];
        };
        /**
         * @description What a co-host is to the show.
         * @enum {string}
         */
        readonly CallKind: "host" | "guest";
        /** @description Where a call comes from. */
        readonly CallOrigin: {
            /** @enum {string} */
            readonly by: "link";
        } | {
            /** @enum {string} */
            readonly by: "telephone";
            readonly dialled_by: components["schemas"]["Name"] | null;
            /** @description The number, masked; none if the caller withholds it. */
            readonly number: string | null;
        };
        /** @description How callers take turns. */
        readonly CallRule: {
            /** @description Who is taken next. */
            readonly next_caller: components["schemas"]["NextCaller"];
            /** @description Whether the guests on air go back to hold when the next one is taken. */
            readonly one_at_a_time: boolean;
        };
        /** @description How far a call is. Every state has its time. */
        readonly CallState: {
            readonly left_air: components["schemas"]["ShowTime"] | null;
            /** @enum {string} */
            readonly state: "away";
        } | {
            /** @description Since when. */
            readonly since: components["schemas"]["ShowTime"];
            /** @enum {string} */
            readonly state: "ringing";
        } | {
            /** @description Who. */
            readonly by: components["schemas"]["Name"];
            /** @description Since when. */
            readonly since: components["schemas"]["ShowTime"];
            /** @enum {string} */
            readonly state: "screening";
        } | {
            /** @description Since when. */
            readonly since: components["schemas"]["ShowTime"];
            /** @enum {string} */
            readonly state: "holding";
        } | {
            /** @description Since when. */
            readonly since: components["schemas"]["ShowTime"];
            /** @enum {string} */
            readonly state: "next";
        } | {
            /** @description Since when. */
            readonly since: components["schemas"]["ShowTime"];
            /** @enum {string} */
            readonly state: "on_air";
        } | {
            /** @description When. */
            readonly at: components["schemas"]["ShowTime"];
            /** @enum {string} */
            readonly state: "ended";
            /** @description Why. */
            readonly why: components["schemas"]["CallEnd"];
        };
        /** @description A call as pages see it. */
        readonly CallView: {
            readonly arrived: components["schemas"]["ShowTime"] | null;
            /** @description Whether nothing of theirs is let in. */
            readonly blocked: boolean;
            /** @description What was noted about where they are; operators only. */
            readonly city: string | null;
            readonly expected: components["schemas"]["ShowTime"] | null;
            /** @description The keys that they pressed last on their telephone, the newest at the end, up to twelve; operators only. */
            readonly keys: string | null;
            /** @description What they are to the show. */
            readonly kind: components["schemas"]["CallKind"];
            /** @description Whether the desk muted them. */
            readonly muted_by_desk: boolean;
            /** @description Whether they muted themselves. */
            readonly muted_by_self: boolean;
            /** @description Where they come from; of a telephone the number is masked. */
            readonly origin: components["schemas"]["CallOrigin"];
            /** @description Their place in the queue, from 0; none if they do not wait for their turn. */
            readonly place: number | null;
            /** @description What was noted about what they want to say; operators only. */
            readonly point: string | null;
            /**
             * Format: int32
             * @description How long a packet takes to them and back, in ms.
             */
            readonly round_trip_ms: number | null;
            /** @description How far the call is. */
            readonly state: components["schemas"]["CallState"];
        };
        /** @description What led to an event. */
        readonly Cause: {
            /** @enum {string} */
            readonly cause: "command";
            /** @description For what. */
            readonly command: string;
        } | {
            /** @enum {string} */
            readonly cause: "fact";
        } | {
            /** @enum {string} */
            readonly cause: "time";
        } | {
            /** @enum {string} */
            readonly cause: "start";
        };
        /** @description A channel, as viewers choose it. */
        readonly Channel: {
            /** @description Identifier. */
            readonly id: components["schemas"]["ChannelId"];
            /** @description Name for people. */
            readonly name: string;
            /** @description Whether viewers need an access code. */
            readonly needs_code: boolean;
        };
        /**
         * @description What can be selected: `program`, `radio` or a city; by a city's crew also `return-CITY`, by a co-host `call-COHOST`, by operators all of them, `preview`, `multiview`, `camera-COHOST` and their own `monitor-NAME`. `talkback-NAME` is heard by the desk alone.
         * @example program
         * @example radio
         * @example roma
         * @example preview
         * @example multiview
         * @example return-roma
         * @example call-luca
         * @example camera-luca
         * @example monitor-Anna
         */
        readonly ChannelId: string;
        /** @description The channels. */
        readonly Channels: {
            /** @description Program, the radio, then the cities in the order of the evening; then what else whoever asks may select. */
            readonly channels: readonly components["schemas"]["Channel"][];
        };
        /** @description Who a city is. */
        readonly City: {
            /** @description Identifier, also of its channel. */
            readonly id: components["schemas"]["CityId"];
            /** @description Name for people, 1 to 64 characters. */
            readonly name: string;
            /** @description IANA time zone, for example `Europe/Rome`. */
            readonly time_zone: string;
        };
        /**
         * @description A city: a contribution that is also a channel. `program`, `preview`, `multiview` and `radio` are no cities, nor is what begins with `return-`, `call-`, `camera-`, `monitor-` or `talkback`.
         * @example roma
         */
        readonly CityId: string;
        /** @description How a contribution does, a city's or a co-host's. Judged by media that arrives, not by what was signalled. */
        readonly CityState: {
            /** @enum {string} */
            readonly state: "offline";
        } | {
            /** @description When the session was opened. */
            readonly since: components["schemas"]["ShowTime"];
            /** @enum {string} */
            readonly state: "connecting";
        } | {
            /** @description When the first good frame, or a co-host's first sound, came. */
            readonly since: components["schemas"]["ShowTime"];
            /** @enum {string} */
            readonly state: "live";
        } | {
            /** @description When it was noticed. */
            readonly since: components["schemas"]["ShowTime"];
            /** @enum {string} */
            readonly state: "lost";
        };
        /** @description A city as pages see it. */
        readonly CityView: {
            /** @description Whether its crew has a page open; operators only. */
            readonly crew: boolean | null;
            /** @description What is wrong with what comes in, worst first; operators only. */
            readonly flaws: readonly components["schemas"]["Flaw"][] | null;
            /** @description Identifier, also of its channel. */
            readonly id: components["schemas"]["CityId"];
            /** @description Name for people. */
            readonly name: string;
            /** @description The line on its slate. */
            readonly slate_text: string;
            /** @description How its contribution does. */
            readonly state: components["schemas"]["CityState"];
            readonly strip: components["schemas"]["Strip"] | null;
            /** @description Whether it is seen. */
            readonly tally: components["schemas"]["Tally"];
            /** @description IANA time zone. */
            readonly time_zone: string;
        };
        /** @description Somebody of the radio show. */
        readonly Cohost: {
            /** @description Identifier, also of their call. */
            readonly id: components["schemas"]["CohostId"];
            /** @description Name for people, 1 to 64 characters. */
            readonly name: string;
        };
        /**
         * @description A co-host: somebody of the radio show, on a call.
         * @example luca
         */
        readonly CohostId: string;
        /** @description A co-host as pages see one. */
        readonly CohostView: {
            readonly call: components["schemas"]["CallView"] | null;
            /** @description What is wrong with what comes in, worst first; operators only. */
            readonly flaws: readonly components["schemas"]["Flaw"][] | null;
            /** @description Identifier. */
            readonly id: components["schemas"]["CohostId"];
            /** @description Whether they are muted, by whichever side. */
            readonly muted: boolean;
            /** @description Name for people. */
            readonly name: string;
            /** @description Whether they are on air. */
            readonly on_air: boolean;
            /** @description Whether a picture of them comes. */
            readonly picture: boolean;
            /** @description Whether they have their page open. */
            readonly present: boolean;
            /** @description How their contribution does. */
            readonly state: components["schemas"]["CityState"];
            readonly strip: components["schemas"]["Strip"] | null;
            /** @description Whether they are seen. */
            readonly tally: components["schemas"]["Tally"];
        };
        /**
         * @description A colour as on pages: red, green, blue.
         * @example #ffb020
         */
        readonly Colour: string;
        /**
         * @description Something asked of the show.
         *
         *     To ask for what already is (the picture that is on air, the source that is in preview) is accepted and changes nothing:
         *     a key pressed twice does no harm.
         */
        readonly Command: {
            /** @description The source. */
            readonly source: components["schemas"]["Source"];
            /** @enum {string} */
            readonly type: "set_preview";
        } | {
            /** @description The picture. */
            readonly composition: components["schemas"]["Composition"];
            /** @enum {string} */
            readonly type: "compose";
        } | {
            /** @description The transition. */
            readonly transition: components["schemas"]["Transition"];
            /** @enum {string} */
            readonly type: "set_transition";
        } | {
            /** @enum {string} */
            readonly type: "cut";
        } | {
            /** @description The source. */
            readonly source: components["schemas"]["Source"];
            /** @enum {string} */
            readonly type: "cut_to";
        } | {
            /** @enum {string} */
            readonly type: "take";
        } | {
            /**
             * Format: int32
             * @description Where it stands, in thousandths.
             */
            readonly position: number;
            /** @enum {string} */
            readonly type: "set_t_bar";
        } | {
            /** @description Whether it is to be black. */
            readonly on: boolean;
            /** @enum {string} */
            readonly type: "fade_to_black";
        } | {
            readonly composition?: components["schemas"]["Composition"] | null;
            /** @description Its name. */
            readonly name: string;
            /** @enum {string} */
            readonly type: "add_scene";
        } | {
            readonly composition?: components["schemas"]["Composition"] | null;
            /** @description Its new name. */
            readonly name?: string | null;
            /** @description Which one. */
            readonly scene: components["schemas"]["SceneId"];
            /** @enum {string} */
            readonly type: "update_scene";
        } | {
            /** @description Which one. */
            readonly scene: components["schemas"]["SceneId"];
            /** @enum {string} */
            readonly type: "duplicate_scene";
        } | {
            /** @description Which one. */
            readonly scene: components["schemas"]["SceneId"];
            /** @description Its new place, from 0; beyond the end is the end. */
            readonly to: number;
            /** @enum {string} */
            readonly type: "move_scene";
        } | {
            /** @description Which one. */
            readonly scene: components["schemas"]["SceneId"];
            /** @enum {string} */
            readonly type: "remove_scene";
        } | {
            /** @description Which one. */
            readonly scene: components["schemas"]["SceneId"];
            /** @description Where to. */
            readonly to: components["schemas"]["Bus"];
            /** @enum {string} */
            readonly type: "recall_scene";
        } | {
            readonly graphic?: components["schemas"]["Graphic"] | null;
            /** @description Which one. */
            readonly keyer?: components["schemas"]["KeyerNumber"];
            /** @enum {string} */
            readonly type: "set_graphic";
        } | {
            /** @description Which one. */
            readonly keyer?: components["schemas"]["KeyerNumber"];
            /** @description Whether it is to be seen. */
            readonly on: boolean;
            /** @enum {string} */
            readonly type: "set_keyer";
        } | {
            /** @description Whose. */
            readonly of: components["schemas"]["StripId"];
            /** @description All its settings. */
            readonly strip: components["schemas"]["Strip"];
            /** @enum {string} */
            readonly type: "set_strip";
        } | {
            /** @description How much louder its strips are, −60 (closed) to +10 dB. */
            readonly fader_db: components["schemas"]["Fader"];
            /** @description Which one. */
            readonly group: components["schemas"]["GroupNumber"];
            /**
             * @description Whether its strips are silenced.
             * @default false
             */
            readonly muted: boolean;
            /** @enum {string} */
            readonly type: "set_group";
        } | {
            /** @description How loud, −60 (closed) to +10 dB. */
            readonly fader_db: components["schemas"]["Fader"];
            /** @description `program` or `radio`. */
            readonly mix: components["schemas"]["Mix"];
            /** @enum {string} */
            readonly type: "set_mix";
        } | {
            /**
             * @description At which level.
             * @default pfl
             */
            readonly kind: components["schemas"]["SoloKind"];
            /** @description Which ones. */
            readonly strips: readonly components["schemas"]["StripId"][];
            /** @enum {string} */
            readonly type: "set_solo";
        } | {
            /** @description Whether one speaks to them. */
            readonly on: boolean;
            /** @description To whom. */
            readonly to: components["schemas"]["TalkTo"];
            /** @enum {string} */
            readonly type: "talk";
        } | {
            /**
             * Format: int32
             * @description How long it takes to come, 0 to 30000 ms.
             * @default 0
             */
            readonly fade_ms: number;
            readonly fader_db?: components["schemas"]["Fader"] | null;
            /**
             * @description Whether it begins anew at its end.
             * @default false
             */
            readonly loops: boolean;
            /** @description Which one. */
            readonly media: components["schemas"]["MediaId"];
            /** @enum {string} */
            readonly type: "play_music";
        } | {
            /**
             * Format: int32
             * @description How long it takes to go, 0 to 30000 ms.
             * @default 0
             */
            readonly fade_ms: number;
            /** @description Which one. */
            readonly media: components["schemas"]["MediaId"];
            /** @enum {string} */
            readonly type: "stop_music";
        } | {
            /** @description Whether it does. */
            readonly loops: boolean;
            /** @description Which one. */
            readonly media: components["schemas"]["MediaId"];
            /** @enum {string} */
            readonly type: "set_music_loop";
        } | {
            readonly before?: components["schemas"]["CueId"] | null;
            /** @description What it is. */
            readonly cue: components["schemas"]["CuePlan"];
            /** @enum {string} */
            readonly type: "add_cue";
        } | {
            /** @description Which one. */
            readonly cue: components["schemas"]["CueId"];
            /** @description What it is from now on. */
            readonly plan: components["schemas"]["CuePlan"];
            /** @enum {string} */
            readonly type: "update_cue";
        } | {
            /** @description Which one. */
            readonly cue: components["schemas"]["CueId"];
            /** @description Its new place, from 0; beyond the end is the end. */
            readonly to: number;
            /** @enum {string} */
            readonly type: "move_cue";
        } | {
            /** @description Which one. */
            readonly cue: components["schemas"]["CueId"];
            /** @enum {string} */
            readonly type: "remove_cue";
        } | {
            /** @description The new cues in their order. */
            readonly cues: readonly components["schemas"]["CuePlan"][];
            /** @enum {string} */
            readonly type: "replace_rundown";
        } | {
            /** @description Which one. */
            readonly cue: components["schemas"]["CueId"];
            /** @enum {string} */
            readonly type: "set_next";
        } | {
            /** @enum {string} */
            readonly type: "take_next";
        } | {
            /** @enum {string} */
            readonly type: "skip_next";
        } | {
            /** @description Whether they wait. */
            readonly held: boolean;
            /** @enum {string} */
            readonly type: "hold_rundown";
        } | {
            /** @description Which one. */
            readonly cue: components["schemas"]["CueId"];
            /** @enum {string} */
            readonly type: "acknowledge_cue";
        } | {
            /** @description Its identifier. */
            readonly id: components["schemas"]["CityId"];
            /** @description Its name. */
            readonly name: string;
            /** @description Its place in the order, from 0; without it at the end. */
            readonly position?: number | null;
            /**
             * @description Its time zone.
             * @example Europe/Rome
             */
            readonly time_zone: string;
            /** @enum {string} */
            readonly type: "add_city";
        } | {
            /** @description Which one. */
            readonly city: components["schemas"]["CityId"];
            /** @description Its new name. */
            readonly name?: string | null;
            /**
             * @description Its new time zone.
             * @example Europe/Rome
             */
            readonly time_zone?: string | null;
            /** @enum {string} */
            readonly type: "update_city";
        } | {
            /** @description Which one. */
            readonly city: components["schemas"]["CityId"];
            /** @description Its new place, from 0; beyond the end is the end. */
            readonly to: number;
            /** @enum {string} */
            readonly type: "move_city";
        } | {
            /** @description Which one. */
            readonly city: components["schemas"]["CityId"];
            /** @enum {string} */
            readonly type: "remove_city";
        } | {
            /** @description Whose. */
            readonly city: components["schemas"]["CityId"];
            /** @description The line, up to 80 characters. */
            readonly text: string;
            /** @enum {string} */
            readonly type: "set_slate_text";
        } | {
            /** @description Their identifier. */
            readonly id: components["schemas"]["CohostId"];
            /** @description Their name. */
            readonly name: string;
            /** @enum {string} */
            readonly type: "add_cohost";
        } | {
            /** @description Who. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @description Their new name. */
            readonly name: string;
            /** @enum {string} */
            readonly type: "update_cohost";
        } | {
            /** @description Who. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @description Their new place, from 0; beyond the end is the end. */
            readonly to: number;
            /** @enum {string} */
            readonly type: "move_cohost";
        } | {
            /** @description Who. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly type: "remove_cohost";
        } | {
            /** @description Whom. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly type: "screen_call";
        } | {
            /** @description Where they are. */
            readonly city?: string | null;
            /** @description About whom. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @description Their name. */
            readonly name?: string | null;
            /** @description What they want to say. */
            readonly point?: string | null;
            /** @enum {string} */
            readonly type: "note_call";
        } | {
            /** @description Whom. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly type: "hold_call";
        } | {
            /** @description Whom. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @description Their place in the queue, from 0; without it the last one, or the one they have. */
            readonly position?: number | null;
            /** @enum {string} */
            readonly type: "queue_call";
        } | {
            /** @description Whom. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @description The place, from 0; beyond the end is the end. */
            readonly to: number;
            /** @enum {string} */
            readonly type: "move_call";
        } | {
            /** @description Whom. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly type: "put_on_air";
        } | {
            /** @description Whom. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly type: "take_off_air";
        } | {
            /** @enum {string} */
            readonly type: "take_next_caller";
        } | {
            /** @description Whose. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly type: "hang_up";
        } | {
            /** @description Whom. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly type: "block_call";
        } | {
            /** @description Whom. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly type: "unblock_call";
        } | {
            /** @description Whether no guest goes on air. */
            readonly on: boolean;
            /** @enum {string} */
            readonly type: "lock_calls";
        } | {
            /** @description Whether they are refused. */
            readonly on: boolean;
            /** @enum {string} */
            readonly type: "refuse_withheld";
        } | {
            /** @description Whom. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @description Whether they are muted. */
            readonly muted: boolean;
            /** @enum {string} */
            readonly type: "set_mute";
        } | {
            /** @description Whom. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @description What they are. */
            readonly kind: components["schemas"]["CallKind"];
            /** @enum {string} */
            readonly type: "set_call_kind";
        } | {
            /** @description Their name. */
            readonly name: string;
            /** @description The number: 2 to 20 digits, `*` and `#`, with a `+` before them or without. */
            readonly number: components["schemas"]["PhoneNumber"];
            /** @enum {string} */
            readonly type: "dial";
        } | {
            /** @enum {string} */
            readonly type: "ask_lease";
        } | {
            /** @description To whom. */
            readonly to: components["schemas"]["Actor"];
            /** @enum {string} */
            readonly type: "give_lease";
        } | {
            /**
             * @description That it is meant, if somebody else holds the lease.
             * @default false
             */
            readonly confirm: boolean;
            /** @enum {string} */
            readonly type: "take_lease";
        } | {
            /** @enum {string} */
            readonly type: "release_lease";
        } | {
            /** @description What, 1 to 500 characters. */
            readonly text: string;
            /** @description To whom. */
            readonly to: components["schemas"]["Audience"];
            /** @enum {string} */
            readonly type: "send_message";
        } | {
            /** @description Which one. */
            readonly message: components["schemas"]["MessageId"];
            /** @enum {string} */
            readonly type: "read_message";
        } | {
            /** @description All of them, at most 30. */
            readonly texts: readonly string[];
            /** @enum {string} */
            readonly type: "set_canned";
        } | {
            /** @description The new evening's title. */
            readonly title: string;
            /** @enum {string} */
            readonly type: "open_evening";
        } | {
            /** @description The title. */
            readonly title: string;
            /** @enum {string} */
            readonly type: "set_title";
        } | {
            /** @description All settings. */
            readonly settings: components["schemas"]["Settings"];
            /** @enum {string} */
            readonly type: "set_settings";
        } | {
            /** @enum {string} */
            readonly type: "undo";
        } | {
            /** @enum {string} */
            readonly type: "redo";
        };
        /** @description A command that happened. */
        readonly CommandDone: components["schemas"]["Receipt"] & {
            /** @description The command's id, if it has one. */
            readonly id?: string | null;
        };
        /** @description A command as it is sent. */
        readonly CommandRequest: {
            /** @description What is asked for. */
            readonly command: components["schemas"]["Command"];
            /** @description Names this command: the same id within ten minutes is answered as the first time, and not run again. */
            readonly id?: string | null;
            /**
             * Format: int64
             * @description The revision that it was made from: it runs only if the show is still there.
             */
            readonly revision?: number | null;
        };
        /**
         * @description What a picture is made from, as operators say it and scenes keep it.
         *
         *     `free` takes `boxes`; every other layout takes `sources`: `full` 1, `side_by_side` and `picture_in_picture` 2,
         *     `one_large` 3 or 4, `grid` 2 to 9.
         */
        readonly Composition: {
            readonly border?: components["schemas"]["Border"] | null;
            /** @description The boxes of a free layout, back to front. */
            readonly boxes?: readonly components["schemas"]["PictureBox"][];
            /** @description Whether every city bears its bug: its name and its time of day. */
            readonly bugs?: boolean;
            /** @description How sources fill the places of a layout; boxes of a free one say it themselves. */
            readonly fit?: components["schemas"]["Fit"];
            /** @description What lies over it, the lowest first. */
            readonly graphics?: readonly components["schemas"]["Graphic"][];
            /** @description Where the small picture of a picture in picture stands. */
            readonly inset?: components["schemas"]["Inset"];
            /**
             * @description The arrangement.
             * @default full
             */
            readonly layout: components["schemas"]["Layout"];
            /** @description The sources in the order of the layout's places. */
            readonly sources?: readonly components["schemas"]["Source"][];
            /** @description What becomes of a box whose city is lost. */
            readonly when_lost?: components["schemas"]["WhenLost"];
        };
        /** @description A compressor with a soft knee of 6 dB. */
        readonly Compressor: {
            /**
             * Format: int32
             * @description How fast it takes hold, in ms, 1 to 200.
             * @default 10
             */
            readonly attack_ms: number;
            /**
             * Format: int32
             * @description What is added after it, in dB, 0 to 24.
             * @default 0
             */
            readonly make_up_db: number;
            /**
             * Format: int32
             * @description Tenths of its ratio: 10 (1 : 1) to 200 (20 : 1).
             * @default 30
             */
            readonly ratio_tenths: number;
            /**
             * Format: int32
             * @description How slowly it lets go, in ms, 10 to 2000.
             * @default 150
             */
            readonly release_ms: number;
            /**
             * Format: int32
             * @description Above this level it works, in dBFS, −60 to 0.
             * @default -20
             */
            readonly threshold_db: number;
        };
        /**
         * @description A corner of the picture.
         * @enum {string}
         */
        readonly Corner: "top_left" | "top_right" | "bottom_left" | "bottom_right";
        /** @description What is cut off a source before it is shown, in thousandths of its width and height. */
        readonly Crop: {
            /**
             * Format: int32
             * @description At the bottom, 0 to 900.
             * @default 0
             */
            readonly bottom: number;
            /**
             * Format: int32
             * @description On the left, 0 to 900.
             * @default 0
             */
            readonly left: number;
            /**
             * Format: int32
             * @description On the right, 0 to 900.
             * @default 0
             */
            readonly right: number;
            /**
             * Format: int32
             * @description At the top, 0 to 900.
             * @default 0
             */
            readonly top: number;
        };
        /** @description One point of the plan in its place. */
        readonly Cue: {
            /** @description Whether its city has said that it is ready. */
            readonly acknowledged: boolean;
            /** @description Its number in this evening. */
            readonly id: components["schemas"]["CueId"];
            /** @description What was written. */
            readonly plan: components["schemas"]["CuePlan"];
        };
        /**
         * Format: int32
         * @description A cue of the rundown. Given by the show, never used twice in an evening.
         */
        readonly CueId: number;
        /** @description One point of the plan, as somebody writes it. */
        readonly CuePlan: {
            /** @default null */
            readonly city: components["schemas"]["CityId"] | null;
            /**
             * Format: int32
             * @description How long it should last, 1 to 86400 seconds.
             * @default null
             */
            readonly duration_s: number | null;
            /**
             * @description Whether the next cue is taken by itself when this one's time is up; needs a duration.
             * @default false
             */
            readonly follow: boolean;
            /**
             * @description For the control room, up to 500 characters.
             * @default
             */
            readonly note: string;
            /** @default null */
            readonly planned_start: components["schemas"]["WallTime"] | null;
            /** @default null */
            readonly scene: components["schemas"]["SceneId"] | null;
            /** @description What it is, 1 to 120 characters. */
            readonly title: string;
        };
        /** @description A cue as pages see it. */
        readonly CueView: {
            /** @description Whether its city is ready. */
            readonly acknowledged: boolean;
            readonly expected_start: components["schemas"]["WallTime"] | null;
            /** @description Its number. */
            readonly id: components["schemas"]["CueId"];
            readonly on_since: components["schemas"]["ShowTime"] | null;
            /**
             * Format: int64
             * @description How many seconds later than planned that is; negative if it is earlier.
             */
            readonly over_s: number | null;
            /** @description What was written. */
            readonly plan: components["schemas"]["CuePlan"];
        };
        /** @description What somebody did, for the list of what can be taken back. */
        readonly DeedView: {
            /** @description Who did it. */
            readonly actor: components["schemas"]["Actor"];
            /** @description What it was, as a command's word. */
            readonly command: string;
            /**
             * Format: int64
             * @description The number of its first event.
             */
            readonly turn: number;
            /** @description Whether it was taken back. */
            readonly undone: boolean;
        };
        /**
         * @description Where something moves.
         * @enum {string}
         */
        readonly Direction: "left" | "right" | "up" | "down";
        /** @description What goes down while co-hosts speak. A strip's own setting comes before it. */
        readonly DuckingRule: {
            /**
             * @description Whether the cities do.
             * @default false
             */
            readonly cities: boolean;
            /**
             * Format: int32
             * @description By how much, 1 to 40 dB.
             * @default 12
             */
            readonly depth_db: number;
            /**
             * Format: int32
             * @description How long it stays down after the last word, 0 to 5000 ms.
             * @default 600
             */
            readonly hold_ms: number;
            /**
             * @description Whether music does.
             * @default true
             */
            readonly music: boolean;
            /**
             * Format: int32
             * @description From which level of a voice on, −60 to 0 dBFS.
             * @default -40
             */
            readonly threshold_db: number;
        };
        /** @description Something that happened. Every change of the state is one. */
        readonly Event: {
            /** @description Its cities in their order. */
            readonly cities: readonly components["schemas"]["City"][];
            /** @description The wall clock at the event clock's start. */
            readonly epoch: components["schemas"]["WallTime"];
            /** @enum {string} */
            readonly event: "opened";
            /** @description Its title. */
            readonly title: string;
        } | {
            /** @enum {string} */
            readonly event: "restarted";
        } | {
            /** @enum {string} */
            readonly event: "evening_opened";
            /** @description Its title. */
            readonly title: string;
        } | {
            /** @description The wall clock at the event clock's start. */
            readonly epoch: components["schemas"]["WallTime"];
            /** @enum {string} */
            readonly event: "clock_set";
        } | {
            /**
             * @description Whether the T-bar drives the transition.
             * @default false
             */
            readonly by_hand: boolean;
            /** @enum {string} */
            readonly event: "program_changed";
            /** @description The picture. */
            readonly picture: components["schemas"]["Picture"];
            /** @description How it comes. */
            readonly transition: components["schemas"]["Transition"];
        } | {
            /**
             * Format: int32
             * @description How far the transition is, in thousandths.
             */
            readonly done: number;
            /** @enum {string} */
            readonly event: "transition_moved";
        } | {
            /** @enum {string} */
            readonly event: "transition_released";
        } | {
            /** @enum {string} */
            readonly event: "transition_reversed";
            /** @description The picture. */
            readonly picture: components["schemas"]["Picture"];
        } | {
            /** @enum {string} */
            readonly event: "transition_ended";
        } | {
            /** @enum {string} */
            readonly event: "program_guarded";
            /** @description What comes back when it can be shown again. */
            readonly instead_of: components["schemas"]["Picture"];
            /** @description What is on air. */
            readonly picture: components["schemas"]["Picture"];
        } | {
            /** @enum {string} */
            readonly event: "faded_to_black";
            /** @description Whether it is black. */
            readonly on: boolean;
        } | {
            /** @enum {string} */
            readonly event: "preview_changed";
            /** @description The picture. */
            readonly picture: components["schemas"]["Picture"];
        } | {
            /** @enum {string} */
            readonly event: "transition_set";
            /** @description The transition. */
            readonly transition: components["schemas"]["Transition"];
        } | {
            /** @enum {string} */
            readonly event: "keyer_changed";
            /** @description How it is now. */
            readonly keyer: components["schemas"]["Keyer"];
            /** @description Which one. */
            readonly number?: components["schemas"]["KeyerNumber"];
        } | {
            /** @enum {string} */
            readonly event: "strip_changed";
            /** @description Whose. */
            readonly of: components["schemas"]["StripId"];
            /** @description How it is now. */
            readonly strip: components["schemas"]["Strip"];
        } | {
            /** @enum {string} */
            readonly event: "group_changed";
            /** @description How it is now. */
            readonly group: components["schemas"]["Group"];
            /** @description Which one. */
            readonly number: components["schemas"]["GroupNumber"];
        } | {
            /** @enum {string} */
            readonly event: "mix_changed";
            /** @description How loud it is now. */
            readonly fader_db: components["schemas"]["Fader"];
            /** @description Which one. */
            readonly mix: components["schemas"]["Mix"];
        } | {
            /** @enum {string} */
            readonly event: "solo_changed";
            /** @description Who. */
            readonly operator: components["schemas"]["Name"];
            /** @description To what; without any strips to program. */
            readonly solo: components["schemas"]["Solo"];
        } | {
            /** @enum {string} */
            readonly event: "talk_changed";
            /** @description Who. */
            readonly operator: components["schemas"]["Name"];
            /** @description To whom. */
            readonly to: readonly components["schemas"]["TalkTo"][];
        } | {
            /** @enum {string} */
            readonly event: "music_started";
            /**
             * Format: int32
             * @description How long it takes to come, in ms.
             */
            readonly fade_ms: number;
            /**
             * Format: int32
             * @description Its length in ms; 0 if it is not known.
             */
            readonly length_ms: number;
            /** @description Whether it begins anew at its end. */
            readonly loops: boolean;
            /** @description Which one. */
            readonly media: components["schemas"]["MediaId"];
        } | {
            /** @enum {string} */
            readonly event: "music_loop_set";
            /** @description Whether it does. */
            readonly loops: boolean;
            /** @description Which one. */
            readonly media: components["schemas"]["MediaId"];
        } | {
            /** @enum {string} */
            readonly event: "music_fading";
            /**
             * Format: int32
             * @description How long that takes, in ms.
             */
            readonly fade_ms: number;
            /** @description Which one. */
            readonly media: components["schemas"]["MediaId"];
        } | {
            /** @enum {string} */
            readonly event: "music_ended";
            /** @description Which one. */
            readonly media: components["schemas"]["MediaId"];
        } | {
            /** @description The city. */
            readonly city: components["schemas"]["CityId"];
            /** @enum {string} */
            readonly event: "city_changed";
            /** @description Its new state. */
            readonly state: components["schemas"]["CityState"];
        } | {
            /** @description The city. */
            readonly city: components["schemas"]["CityId"];
            /** @enum {string} */
            readonly event: "frames_noted";
            /** @description Whether they come. */
            readonly flow: boolean;
        } | {
            /** @description Which one. */
            readonly city: components["schemas"]["CityId"];
            /** @enum {string} */
            readonly event: "city_measured";
            /** @description All of it, worst first. */
            readonly flaws: readonly components["schemas"]["Flaw"][];
        } | {
            /** @description Who. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly event: "cohost_changed";
            /** @description Its new state. */
            readonly state: components["schemas"]["CityState"];
        } | {
            /** @description Who. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly event: "cohost_frames_noted";
            /** @description Whether it comes. */
            readonly flow: boolean;
        } | {
            /** @description Who. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly event: "cohost_measured";
            /** @description All of it, worst first. */
            readonly flaws: readonly components["schemas"]["Flaw"][];
        } | {
            /** @enum {string} */
            readonly event: "talkback_changed";
            /** @description Whether it has a session. */
            readonly open: boolean;
            /** @description Whose. */
            readonly operator: components["schemas"]["Name"];
        } | {
            /** @enum {string} */
            readonly event: "media_read";
            /** @description What there is. */
            readonly media: components["schemas"]["Media"];
        } | {
            /** @description Who it is. */
            readonly city: components["schemas"]["City"];
            /** @enum {string} */
            readonly event: "city_added";
            /** @description Its place in the order. */
            readonly position: number;
            /** @description The line on its slate. */
            readonly slate_text: string;
            /** @description Its strip. */
            readonly strip: components["schemas"]["Strip"];
        } | {
            /** @description Who it is now. */
            readonly city: components["schemas"]["City"];
            /** @enum {string} */
            readonly event: "city_updated";
        } | {
            /** @description Whose. */
            readonly city: components["schemas"]["CityId"];
            /** @enum {string} */
            readonly event: "slate_text_set";
            /** @description The line. */
            readonly text: string;
        } | {
            /** @description Which one. */
            readonly city: components["schemas"]["CityId"];
            /** @enum {string} */
            readonly event: "city_moved";
            /** @description Its new place. */
            readonly to: number;
        } | {
            /** @description Which one. */
            readonly city: components["schemas"]["CityId"];
            /** @enum {string} */
            readonly event: "city_removed";
        } | {
            /** @description Who. */
            readonly cohost: components["schemas"]["Cohost"];
            /** @enum {string} */
            readonly event: "cohost_added";
            /** @description Their place in the order. */
            readonly position: number;
            /** @description Their strip. */
            readonly strip: components["schemas"]["Strip"];
        } | {
            /** @description Who they are now. */
            readonly cohost: components["schemas"]["Cohost"];
            /** @enum {string} */
            readonly event: "cohost_updated";
        } | {
            /** @description Who. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly event: "cohost_moved";
            /** @description Their new place. */
            readonly to: number;
        } | {
            /** @description Who. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly event: "cohost_removed";
        } | {
            /** @description Who. */
            readonly actor: components["schemas"]["Actor"];
            /** @enum {string} */
            readonly event: "presence_changed";
            /** @description Whether they are there. */
            readonly present: boolean;
        } | {
            /** @enum {string} */
            readonly event: "scene_saved";
            /** @description Its place in the order. */
            readonly position: number;
            /** @description The whole scene. */
            readonly scene: components["schemas"]["Scene"];
        } | {
            /** @enum {string} */
            readonly event: "scene_moved";
            /** @description Which one. */
            readonly scene: components["schemas"]["SceneId"];
            /** @description Its new place. */
            readonly to: number;
        } | {
            /** @enum {string} */
            readonly event: "scene_removed";
            /** @description Which one. */
            readonly scene: components["schemas"]["SceneId"];
        } | {
            /** @description The whole cue. */
            readonly cue: components["schemas"]["Cue"];
            /** @enum {string} */
            readonly event: "cue_saved";
            /** @description Its place in the order. */
            readonly position: number;
        } | {
            /** @description Which one. */
            readonly cue: components["schemas"]["CueId"];
            /** @enum {string} */
            readonly event: "cue_moved";
            /** @description Its new place. */
            readonly to: number;
        } | {
            /** @description Which one. */
            readonly cue: components["schemas"]["CueId"];
            /** @enum {string} */
            readonly event: "cue_removed";
        } | {
            /** @enum {string} */
            readonly event: "rundown_replaced";
            /** @description The whole rundown. */
            readonly rundown: components["schemas"]["Rundown"];
        } | {
            /** @description Which one. */
            readonly cue: components["schemas"]["CueId"];
            /** @enum {string} */
            readonly event: "cue_taken";
            readonly next: components["schemas"]["CueId"] | null;
        } | {
            /** @enum {string} */
            readonly event: "rundown_moved";
            readonly next: components["schemas"]["CueId"] | null;
            readonly on_air: components["schemas"]["OnAir"] | null;
        } | {
            /** @enum {string} */
            readonly event: "rundown_held";
            /** @description Whether they wait. */
            readonly held: boolean;
        } | {
            /** @description Which one. */
            readonly cue: components["schemas"]["CueId"];
            /** @enum {string} */
            readonly event: "cue_acknowledged";
        } | {
            /** @enum {string} */
            readonly event: "lease_changed";
            readonly lease: components["schemas"]["Lease"] | null;
        } | {
            /** @description Who. */
            readonly by: components["schemas"]["Actor"];
            /** @enum {string} */
            readonly event: "lease_asked";
        } | {
            /** @enum {string} */
            readonly event: "message_sent";
            /** @description The message. */
            readonly message: components["schemas"]["Message"];
        } | {
            /** @description Who. */
            readonly by: components["schemas"]["Actor"];
            /** @enum {string} */
            readonly event: "message_read";
            /** @description Which one. */
            readonly message: components["schemas"]["MessageId"];
        } | {
            /** @enum {string} */
            readonly event: "canned_set";
            /** @description All of them. */
            readonly texts: readonly string[];
        } | {
            /** @enum {string} */
            readonly event: "title_set";
            /** @description The title. */
            readonly title: string;
        } | {
            /** @enum {string} */
            readonly event: "settings_set";
            /** @description All settings. */
            readonly settings: components["schemas"]["Settings"];
        } | {
            /** @enum {string} */
            readonly event: "undone";
            /**
             * Format: int64
             * @description The number of its first event.
             */
            readonly turn: number;
        } | {
            /** @enum {string} */
            readonly event: "redone";
            /**
             * Format: int64
             * @description The number of its first event.
             */
            readonly turn: number;
        } | {
            /** @description Whose. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly event: "call_changed";
            /** @description Its state now. Whoever comes to wait for their turn is last in the queue. */
            readonly state: components["schemas"]["CallState"];
        } | {
            /** @description Who. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly event: "call_moved";
            /** @description The place, from 0. */
            readonly to: number;
        } | {
            /** @description Where they are. */
            readonly city: string;
            /** @description About whom. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly event: "call_noted";
            /** @description Their name. */
            readonly name: string;
            /** @description What they want to say. */
            readonly point: string;
        } | {
            /** @description Whether they are kept out. */
            readonly blocked: boolean;
            /** @description Who. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly event: "call_blocked";
        } | {
            /** @description Whether the desk muted them. */
            readonly by_desk: boolean;
            /** @description Whether they muted themselves. */
            readonly by_self: boolean;
            /** @description Who. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly event: "call_muted";
        } | {
            /** @description Who. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly event: "call_kind_set";
            /** @description What they are. */
            readonly kind: components["schemas"]["CallKind"];
        } | {
            /** @description Whose. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly event: "call_measured";
            /**
             * Format: int32
             * @description So many milliseconds.
             */
            readonly round_trip_ms: number;
        } | {
            /** @description Who. */
            readonly cohost: components["schemas"]["CohostId"];
            /** @enum {string} */
            readonly event: "call_keyed";
            /** @description Which one, as the telephone names it. */
            readonly key: string;
        } | {
            /** @enum {string} */
            readonly event: "calls_locked";
            /** @description Whether no guest goes on air. */
            readonly on: boolean;
        } | {
            /** @enum {string} */
            readonly event: "withheld_refused";
            /** @description Whether they are refused. */
            readonly on: boolean;
        } | {
            /** @description Who. */
            readonly cohost: components["schemas"]["Cohost"];
            readonly dialled_by: components["schemas"]["Name"] | null;
            /** @enum {string} */
            readonly event: "phone_rang";
            /** @description The number, masked; none if the caller withholds it. */
            readonly masked: string | null;
            /** @description Their place in the order. */
            readonly position: number;
        } | {
            /** @description What. */
            readonly alarm: components["schemas"]["Alarm"];
            /** @enum {string} */
            readonly event: "alarm_raised";
        } | {
            /** @description What. */
            readonly alarm: components["schemas"]["Alarm"];
            /** @enum {string} */
            readonly event: "alarm_cleared";
        };
        /**
         * @description How loud, in dB, to a tenth; at the lowest place it is closed.
         * @example 0
         * @example -6.5
         */
        readonly Fader: number;
        /** @description Something to be filled in. */
        readonly Field: {
            /** @description Identifier within the template. */
            readonly id: string;
            /** @description What it takes. */
            readonly kind: components["schemas"]["FieldKind"];
            /** @description Label for people, in Italian. */
            readonly label: string;
            /** @description Label for people, in English. */
            readonly label_en: string;
            /** @description Whether it may not be left empty. */
            readonly required: boolean;
        };
        /** @description What a field takes. */
        readonly FieldKind: {
            /** @enum {string} */
            readonly kind: "text";
            /**
             * Format: int32
             * @description Longest, in characters.
             */
            readonly longest: number;
        } | {
            /** @description What it is if nothing is said. */
            readonly default: components["schemas"]["Colour"];
            /** @enum {string} */
            readonly kind: "colour";
        } | {
            /** @enum {string} */
            readonly kind: "image";
        } | {
            /** @enum {string} */
            readonly kind: "time";
        };
        /**
         * @description How a source fills its box. It keeps its aspect.
         * @enum {string}
         */
        readonly Fit: "contain" | "cover";
        /**
         * @description Something that is wrong with a source that comes in.
         * @enum {string}
         */
        readonly Flaw: "no_keyframe" | "black" | "frozen" | "low_frame_rate" | "loss" | "silent" | "clipped";
        /** @description A gate, or with a small range an expander. */
        readonly Gate: {
            /**
             * Format: int32
             * @description How fast it opens, in ms, 1 to 100.
             * @default 5
             */
            readonly attack_ms: number;
            /**
             * Format: int32
             * @description How long it stays open after the level has fallen, in ms, 0 to 2000.
             * @default 200
             */
            readonly hold_ms: number;
            /**
             * Format: int32
             * @description By how much it turns down, in dB, 1 to 80.
             * @default 20
             */
            readonly range_db: number;
            /**
             * Format: int32
             * @description How slowly it closes, in ms, 10 to 2000.
             * @default 200
             */
            readonly release_ms: number;
            /**
             * Format: int32
             * @description Below this level it closes, in dBFS, −80 to 0.
             * @default -50
             */
            readonly threshold_db: number;
        };
        /** @description A graphic: a template, and what stands in its fields. */
        readonly Graphic: {
            /** @description What stands in each field, by the field's id. One that is not named is empty. */
            readonly fields?: {
                readonly [key: string]: string;
            };
            /** @description The template. */
            readonly template: components["schemas"]["MediaId"];
        };
        /** @description A group: its fader adds to those of its strips. */
        readonly Group: {
            /** @description How much louder its strips are, −60 (closed) to +10 dB. */
            readonly fader_db: components["schemas"]["Fader"];
            /** @description Whether its strips are silenced. */
            readonly muted: boolean;
        };
        /**
         * @description Which group of strips: 1 to 8.
         * @example 1
         */
        readonly GroupNumber: number;
        /**
         * @description What happens when all sources of program's picture are lost. When one is back, so is the picture, unless somebody took
         *     another meanwhile.
         */
        readonly GuardRule: {
            /**
             * Format: int32
             * @description After how long something else goes on air, 1 to 600 seconds; 0 for never.
             */
            readonly after_s: number;
            readonly scene?: components["schemas"]["SceneId"] | null;
        };
        /** @description How the server does. */
        readonly Health: {
            /**
             * Format: int64
             * @description The show's revision.
             */
            readonly revision: number;
            /** @enum {string} */
            readonly status: "ok";
            /** @description The event clock. */
            readonly up_us: components["schemas"]["ShowTime"];
            /** @description The server's version. */
            readonly version: string;
        } | (components["schemas"]["Refusal"] & {
            /** @enum {string} */
            readonly status: "down";
        });
        /** @description Who somebody is. */
        readonly Identity: {
            /** @description Who, as events name them. */
            readonly actor: components["schemas"]["Actor"];
            /** @description Their name for people; viewers have none. */
            readonly name: string | null;
            /** @description What they may do. */
            readonly roles: readonly components["schemas"]["Role"][];
        };
        /** @description Where the small picture of a picture in picture stands. */
        readonly Inset: {
            /**
             * @description In which corner.
             * @default bottom_right
             */
            readonly corner: components["schemas"]["Corner"];
            /**
             * Format: int32
             * @description How large, 100 to 500 thousandths of the picture each way.
             * @default 280
             */
            readonly size: number;
        };
        /** @description A downstream keyer: over every picture until it is switched off. */
        readonly Keyer: {
            readonly graphic: components["schemas"]["Graphic"] | null;
            /** @description Whether it is on air. */
            readonly on: boolean;
        };
        /**
         * @description Which downstream keyer: 1, the lowest, to 4.
         * @example 1
         */
        readonly KeyerNumber: number;
        /** @description The API keys. */
        readonly Keys: {
            /** @description All, also revoked ones. */
            readonly keys: readonly components["schemas"]["ApiKey"][];
        };
        /**
         * @description An arrangement of boxes.
         * @enum {string}
         */
        readonly Layout: "full" | "side_by_side" | "picture_in_picture" | "one_large" | "grid" | "free";
        /** @description Who commands program. */
        readonly Lease: {
            /** @description The one who does. */
            readonly holder: components["schemas"]["Actor"];
            /** @description How the holder's page is linked. */
            readonly link: components["schemas"]["PageLink"];
            /** @description Since when. */
            readonly since: components["schemas"]["ShowTime"];
        };
        /** @description What goes on air when a lease ends by itself. */
        readonly LeaseEnd: {
            /** @enum {string} */
            readonly kind: "hold";
        } | {
            /** @enum {string} */
            readonly kind: "scene";
            /** @description The scene; if it cannot be shown, what is on air stays. */
            readonly scene: components["schemas"]["SceneId"];
        };
        /** @description What happens when the link of the lease's holder stays away. */
        readonly LeaseRule: {
            /**
             * Format: int32
             * @description After how long the lease is free again, 5 to 3600 seconds.
             */
            readonly after_s: number;
            /** @description What goes on air then. */
            readonly then: components["schemas"]["LeaseEnd"];
        };
        /** @description Who commands program, and who would like to. */
        readonly LeaseView: {
            /** @description Who asks for it. */
            readonly asked: readonly components["schemas"]["Actor"][];
            readonly ends: components["schemas"]["ShowTime"] | null;
            readonly lease: components["schemas"]["Lease"] | null;
        };
        /** @description The links of one city or co-host. */
        readonly Links: {
            /** @description Oldest first, also those that open nothing any more. */
            readonly links: readonly components["schemas"]["SeatLink"][];
        };
        /**
         * @description What a link is worth.
         * @enum {string}
         */
        readonly LinkStanding: "valid" | "renewed" | "revoked" | "expired";
        /** @description How a link is asked for. A body may be left out. */
        readonly LinkWish: {
            /**
             * Format: int64
             * @description Seconds from now after which it opens nothing more; without it the link is good until it is revoked.
             */
            readonly expires_s?: number | null;
        };
        /** @description A message of the server on the live WebSocket. */
        readonly LiveMessage: (components["schemas"]["Identity"] & {
            /** @description Event time now. */
            readonly time_us: components["schemas"]["ShowTime"];
            /** @description The server's version. */
            readonly version: string;
        } & {
            /** @enum {string} */
            readonly type: "hello";
        }) | {
            /**
             * Format: int64
             * @description The last event that is in it.
             */
            readonly number: number;
            /** @description The show, as far as it is this page's business. */
            readonly show: components["schemas"]["View"];
            /** @description Event time now. */
            readonly time_us: components["schemas"]["ShowTime"];
            /** @enum {string} */
            readonly type: "snapshot";
        } | {
            readonly changes: {
                /** @description What needs mending; operators only. */
                readonly alarms?: readonly components["schemas"]["Alarm"][] | null;
                /** @description Whether program is faded to black, or on its way there. */
                readonly black?: boolean;
                /** @description Whether the calls are locked for hosts; operators only. */
                readonly calls_locked?: boolean | null;
                /** @description The texts that stand ready to be sent; operators only. */
                readonly canned?: readonly string[] | null;
                /** @description The cities in the order of the evening. */
                readonly cities?: readonly components["schemas"]["CityView"][];
                /**
                 * @description The co-hosts in their order; viewers are not told.
                 *
                 *     Cities and co-hosts are told of hosts, of who is on air, and of themselves.
                 */
                readonly cohosts?: readonly components["schemas"]["CohostView"][] | null;
                /** @description The newest things that can be taken back or done again, oldest first; operators only. */
                readonly deeds?: readonly components["schemas"]["DeedView"][] | null;
                /** @description The wall clock at the event clock's start: what turns every other time into a time of day. */
                readonly epoch?: components["schemas"]["WallTime"];
                /** @description The groups of strips, from 1 on; operators only. */
                readonly groups?: readonly components["schemas"]["Group"][] | null;
                readonly guarded?: components["schemas"]["Picture"] | null;
                /** @description Which strips are heard on program; operators only. */
                readonly heard?: readonly components["schemas"]["StripId"][] | null;
                /** @description The downstream keyers, the lowest first; operators only. */
                readonly keyers?: readonly components["schemas"]["Keyer"][] | null;
                readonly lease?: components["schemas"]["LeaseView"] | null;
                readonly masters?: components["schemas"]["Masters"] | null;
                readonly media?: components["schemas"]["Media"] | null;
                /** @description The messages that whoever looks may read, oldest first. */
                readonly messages?: readonly components["schemas"]["Message"][] | null;
                readonly next_caller?: components["schemas"]["CohostId"] | null;
                /** @description The music that plays, in the order in which it began; operators only. */
                readonly playing?: readonly components["schemas"]["PlayingView"][] | null;
                /** @description Which operators and machines have a page open; operators only. */
                readonly present?: readonly components["schemas"]["Actor"][] | null;
                readonly preview?: components["schemas"]["Picture"] | null;
                /** @description What is on air; while a transition runs, what it leads to. */
                readonly program?: components["schemas"]["Picture"];
                /** @description Since when. */
                readonly program_since?: components["schemas"]["ShowTime"];
                /**
                 * Format: int64
                 * @description The number of the last event.
                 */
                readonly revision?: number;
                readonly rundown?: components["schemas"]["RundownView"] | null;
                readonly running?: components["schemas"]["Running"] | null;
                /** @description The scenes in their order; operators only. */
                readonly scenes?: readonly components["schemas"]["SceneView"][] | null;
                readonly settings?: components["schemas"]["Settings"] | null;
                /** @description What operators listen to instead of program; operators only. */
                readonly solos?: readonly components["schemas"]["SoloView"][] | null;
                /**
                 * @description The strips of the desk without a seat: what the picture brings, the music that plays, open talkback microphones, and
                 *     what else has settings of its own; operators only.
                 */
                readonly strips?: readonly components["schemas"]["StripView"][] | null;
                /** @description Whose talkback microphones are open; operators only. */
                readonly talkback?: readonly components["schemas"]["Name"][] | null;
                /** @description Who speaks to whom; cities and co-hosts are told who speaks to them, viewers nothing. */
                readonly talks?: readonly components["schemas"]["TalkView"][] | null;
                /** @description Title of the evening. */
                readonly title?: string;
                /** @description What the next take runs. */
                readonly transition?: components["schemas"]["Transition"];
                /** @description Whether callers who withhold their number are refused; operators only. */
                readonly withheld_refused?: boolean | null;
                readonly your_cue?: components["schemas"]["CueView"] | null;
            };
            /** @description Those events that are this page's business. */
            readonly events: readonly components["schemas"]["ToldEvent"][];
            /**
             * Format: int64
             * @description The number of the first event of the call: one more than the last one before it.
             */
            readonly first: number;
            /**
             * Format: int64
             * @description The number of the last.
             */
            readonly number: number;
            /** @description When it happened. */
            readonly time_us: components["schemas"]["ShowTime"];
            /** @enum {string} */
            readonly type: "events";
        } | {
            /**
             * Format: int64
             * @description The last event that was told.
             */
            readonly number: number;
            /** @description Event time now. */
            readonly time_us: components["schemas"]["ShowTime"];
            /** @enum {string} */
            readonly type: "beat";
            /** @description How many watch each channel. */
            readonly viewers: {
                readonly [key: string]: number;
            };
        } | {
            /**
             * Format: int32
             * @description Its number.
             */
            readonly map: number;
            /** @description The mixes, in the order of their readings. */
            readonly mixes: readonly string[];
            /** @description The strips, in the order of their readings. */
            readonly strips: readonly string[];
            /** @enum {string} */
            readonly type: "meter_map";
        } | (components["schemas"]["Refusal"] & {
            /** @enum {string} */
            readonly type: "error";
        });
        /** @description A message of a page on the live WebSocket. */
        readonly LiveRequest: {
            /** @description An API key or a link's token; without it the session cookie counts, and without that the page watches. */
            readonly key?: string | null;
            /** @enum {string} */
            readonly type: "hello";
            /** @description To be a viewer, whatever cookie came along: an operator who has the watch page open does not command. */
            readonly watch?: boolean;
        } | {
            /** @enum {string} */
            readonly type: "resync";
        } | {
            /** @description Whether they are wanted. */
            readonly on: boolean;
            /** @enum {string} */
            readonly type: "meters";
        };
        /** @description How loud program and radio should be, and how far off that is worth an alarm. */
        readonly LoudnessRule: {
            /**
             * Format: int32
             * @description Program's loudness, −36 to −10 LUFS.
             * @default -23
             */
            readonly program_lufs: number;
            /**
             * Format: int32
             * @description The radio's, −36 to −10 LUFS.
             * @default -16
             */
            readonly radio_lufs: number;
            /**
             * Format: int32
             * @description After how many seconds silence is an alarm, 1 to 600; 0 for never.
             * @default 15
             */
            readonly silence_s: number;
            /**
             * Format: int32
             * @description How many LU off are no alarm yet, 1 to 20.
             * @default 4
             */
            readonly tolerance_lu: number;
        };
        /** @description A key just made. */
        readonly MadeKey: {
            /** @description The operator in whose name it acts. */
            readonly acts_for: string | null;
            /** @description The key. It is told here and nowhere else. */
            readonly key: string;
            /** @description Its name. */
            readonly name: string;
            /** @description What it may do. */
            readonly roles: readonly components["schemas"]["Role"][];
        };
        /** @description A link just made. */
        readonly MadeLink: {
            /**
             * Format: int64
             * @description When it ends by itself, in µs since 1970, UTC.
             */
            readonly expires_us: number | null;
            /**
             * Format: int64
             * @description Its number.
             */
            readonly id: number;
            /** @description What opens the seat. It is told here and nowhere else. */
            readonly token: string;
            /** @description The address to give out, with the token behind its `#`. */
            readonly url: string;
        };
        /** @description The faders of what the public hears. */
        readonly Masters: {
            /** @description Program's, −60 (closed) to +10 dB. */
            readonly program_db: components["schemas"]["Fader"];
            /** @description The radio's, −60 (closed) to +10 dB. */
            readonly radio_db: components["schemas"]["Fader"];
        };
        /** @description What there is. */
        readonly Media: {
            /** @description Clips. */
            readonly clips: readonly components["schemas"]["MediaItem"][];
            /** @description Files that cannot be used. */
            readonly flaws: readonly components["schemas"]["MediaFlaw"][];
            /** @description Music and jingles. */
            readonly music: readonly components["schemas"]["MediaItem"][];
            /** @description Still pictures. */
            readonly stills: readonly components["schemas"]["MediaItem"][];
            /** @description Animations for transitions. */
            readonly stingers: readonly components["schemas"]["MediaItem"][];
            /** @description Templates of graphics. */
            readonly templates: readonly components["schemas"]["Template"][];
        };
        /** @description A file that cannot be used. */
        readonly MediaFlaw: {
            /** @description Its name. */
            readonly file: string;
            /** @description Why not, with the line if it has any, and what mends it. */
            readonly why: string;
        };
        /**
         * @description Something of the media folder: a still, a clip, a stinger, a template.
         * @example lower-third
         * @example logo
         */
        readonly MediaId: string;
        /** @description A picture, a clip, an animation or a piece of music. */
        readonly MediaItem: {
            /**
             * Format: int32
             * @description How long it plays, in milliseconds; 0 for what does not.
             */
            readonly duration_ms: number;
            /** @description Identifier. */
            readonly id: components["schemas"]["MediaId"];
            /** @description Name for people: that of the file. */
            readonly name: string;
        };
        /** @description What somebody wrote. */
        readonly Message: {
            /** @description Who wrote it. */
            readonly from: components["schemas"]["Actor"];
            /** @description Its number in this evening. */
            readonly id: components["schemas"]["MessageId"];
            /** @description Who has read it, in the order in which they did. */
            readonly read_by: readonly components["schemas"]["Actor"][];
            /** @description When. */
            readonly sent: components["schemas"]["ShowTime"];
            /** @description 1 to 500 characters. */
            readonly text: string;
            /** @description For whom. */
            readonly to: components["schemas"]["Audience"];
        };
        /**
         * Format: int32
         * @description A message. Given by the show, never used twice in an evening.
         */
        readonly MessageId: number;
        /**
         * @description What somebody hears: program, the radio, a city's or a co-host's mix-minus, or what an operator listens to.
         * @example program
         * @example radio
         * @example return:roma
         * @example call:luca
         * @example monitor:Anna
         */
        readonly Mix: "program" | "radio" | `return:${string}` | `call:${string}` | `monitor:${string}`;
        /** @description A move to another channel. */
        readonly Move: {
            /** @description Where to. */
            readonly channel: components["schemas"]["ChannelId"];
            /** @description Its access code, if it needs one and no bearer token brings it. */
            readonly code?: string | null;
        };
        /**
         * @description The name of an operator or a machine: 1 to 64 characters, none of them a control character, no space around it.
         * @example Anna
         */
        readonly Name: string;
        /** @description A key that is asked for. */
        readonly NewKey: {
            readonly acts_for?: components["schemas"]["Name"] | null;
            /** @description Its name, which no other key has that is not revoked. */
            readonly name: components["schemas"]["Name"];
            /** @description What it may do: `director`, `sound`, `graphics`, `screener`. */
            readonly roles: readonly components["schemas"]["Role"][];
        };
        /**
         * @description Who is taken next.
         * @enum {string}
         */
        readonly NextCaller: "queue_order" | "longest_waiting" | "other_city_first";
        /** @description The cue that is on. */
        readonly OnAir: {
            /** @description Which one. */
            readonly cue: components["schemas"]["CueId"];
            /** @description Since when. */
            readonly since: components["schemas"]["ShowTime"];
        };
        /** @description An operator, as listed. */
        readonly Operator: {
            /**
             * Format: int64
             * @description Since when, in µs since 1970, UTC.
             */
            readonly added_us: number;
            /** @description Name. */
            readonly name: string;
            /** @description What they may do. */
            readonly roles: readonly components["schemas"]["Role"][];
        };
        /** @description The operators. */
        readonly Operators: {
            /** @description By name. */
            readonly operators: readonly components["schemas"]["Operator"][];
        };
        /** @description How somebody's page is linked to the server. */
        readonly PageLink: {
            /** @enum {string} */
            readonly state: "none";
        } | {
            /** @enum {string} */
            readonly state: "up";
        } | {
            /** @description When. */
            readonly since: components["schemas"]["ShowTime"];
            /** @enum {string} */
            readonly state: "lost";
        };
        /**
         * @description A telephone number or the address of a telephone.
         * @example +393331234567
         */
        readonly PhoneNumber: string;
        /** @description A picture: boxes from back to front over black, and what lies over them. Every source stands in it at most once. */
        readonly Picture: {
            /** @description The boxes, back to front. */
            readonly boxes: readonly components["schemas"]["PictureBox"][];
            /** @description Whether every city bears its bug: its name and its time of day, in whatever box it is. */
            readonly bugs?: boolean;
            readonly closes_up?: components["schemas"]["Layout"] | null;
            /** @description What stands over the boxes, the lowest first: it comes and goes with the picture. */
            readonly graphics?: readonly components["schemas"]["Graphic"][];
        };
        /** @description One source in its place. The source keeps its aspect inside `place`. */
        readonly PictureBox: {
            readonly border?: components["schemas"]["Border"] | null;
            /** @description What is cut off it. */
            readonly crop?: components["schemas"]["Crop"];
            /** @description How it fills its place. */
            readonly fit?: components["schemas"]["Fit"];
            /** @description Where. */
            readonly place: components["schemas"]["Rect"];
            /** @description What is shown. */
            readonly source: components["schemas"]["Source"];
        };
        /** @description Music that plays, as pages see it. */
        readonly PlayingView: {
            readonly ends: components["schemas"]["ShowTime"] | null;
            /** @description Whether it fades out. */
            readonly fades: boolean;
            /** @description Whether it begins anew at its end. */
            readonly loops: boolean;
            /** @description Which one. */
            readonly media: components["schemas"]["MediaId"];
            /** @description When it began, or began anew. */
            readonly since: components["schemas"]["ShowTime"];
        };
        /** @description A strip's processing, in the order in which sound runs through it. As it stands by default it changes nothing. */
        readonly Processing: {
            /** @default null */
            readonly compressor: components["schemas"]["Compressor"] | null;
            /**
             * Format: int32
             * @description How much later it is heard on program and radio, and its picture seen, in ms, 0 to 2000.
             * @default 0
             */
            readonly delay_ms: number;
            /**
             * Format: int32
             * @description Input gain in dB, −20 to 40.
             * @default 0
             */
            readonly gain_db: number;
            /** @default null */
            readonly gate: components["schemas"]["Gate"] | null;
            /**
             * Format: int32
             * @description High-pass of 12 dB an octave: its corner in Hz, 40 to 400; none is off.
             * @default null
             */
            readonly high_pass_hz: number | null;
            /**
             * @description Both sides become one.
             * @default false
             */
            readonly mono: boolean;
            /**
             * Format: int32
             * @description −100 (left) to 100 (right).
             * @default 0
             */
            readonly pan: number;
        };
        /** @description How far a transition is, and what drives it on. Parts are thousandths: 0 is the old picture, 1000 the new one. */
        readonly Progress: {
            /**
             * Format: int32
             * @description How far it was at `started`.
             */
            readonly done: number;
            /** @description When it is over. */
            readonly ends: components["schemas"]["ShowTime"];
            /** @enum {string} */
            readonly kind: "auto";
            /** @description When it began, or went on. */
            readonly started: components["schemas"]["ShowTime"];
        } | {
            /**
             * Format: int32
             * @description How far it is.
             */
            readonly done: number;
            /** @enum {string} */
            readonly kind: "hand";
        };
        /** @description How long a strip takes to be heard, and to be gone, when the picture or a hand opens and closes it. */
        readonly Ramps: {
            /**
             * Format: int32
             * @description To be gone, 20 to 3000 ms.
             */
            readonly closes_ms: number;
            /**
             * Format: int32
             * @description To be heard, 20 to 3000 ms.
             */
            readonly opens_ms: number;
        };
        /**
         * @description What a take of a source that is not ready leads to.
         * @enum {string}
         */
        readonly ReadinessRule: "off" | "warn" | "refuse";
        /** @description What an accepted command led to. */
        readonly Receipt: {
            /** @description Whether the command was ignored because it came right after the same one. */
            readonly double_press?: boolean;
            /** @description What happened; nothing if the command asked for what already was. */
            readonly events: readonly components["schemas"]["Event"][];
            /**
             * Format: int64
             * @description The show's revision after the command.
             */
            readonly revision: number;
        };
        /** @description One event in its place among all others: a line of the as-run log. */
        readonly Recorded: {
            /** @description Who. */
            readonly actor: components["schemas"]["Actor"];
            /** @description Why. */
            readonly cause: components["schemas"]["Cause"];
            /** @description What. */
            readonly event: components["schemas"]["Event"];
            /**
             * Format: int64
             * @description One more than that of the event before; the first of an evening is 1. It is the show's revision after it.
             */
            readonly number: number;
            /** @description The event clock. */
            readonly time: components["schemas"]["ShowTime"];
            /**
             * Format: int64
             * @description The number of the first event of the same call: all that one command led to has the same.
             */
            readonly turn: number;
            /** @description The wall clock. */
            readonly wall: components["schemas"]["WallTime"];
        };
        /** @description A place in the picture, in thousandths of its width and height, from the top left. */
        readonly Rect: {
            /**
             * Format: int32
             * @description Height, 1 to 1000.
             */
            readonly height: number;
            /**
             * Format: int32
             * @description Width, 1 to 1000.
             */
            readonly width: number;
            /**
             * Format: int32
             * @description Left edge, 0 to 1000.
             */
            readonly x: number;
            /**
             * Format: int32
             * @description Top edge, 0 to 1000.
             */
            readonly y: number;
        };
        /** @description Why a request was refused. */
        readonly Refusal: {
            /** @description The stable word for machines. */
            readonly code: string;
            /** @description What arrived, what was needed, what mends it. */
            readonly message: string;
        };
        /**
         * @description What somebody is there for.
         * @enum {string}
         */
        readonly Role: "director" | "sound" | "graphics" | "screener" | "city" | "cohost" | "viewer";
        /** @description The plan and where the evening is in it. */
        readonly Rundown: {
            /** @description The cues in their order. */
            readonly cues: readonly components["schemas"]["Cue"][];
            /** @description Whether cues that follow by themselves wait for a hand. */
            readonly held: boolean;
            readonly next: components["schemas"]["CueId"] | null;
            readonly on_air: components["schemas"]["OnAir"] | null;
        };
        /** @description The rundown as JSON: the cues in their order, as `replace_rundown` takes them. */
        readonly RundownDocument: {
            /** @description The cues. */
            readonly cues: readonly components["schemas"]["CuePlan"][];
        };
        /** @description The plan as pages see it. */
        readonly RundownView: {
            /** @description The cues in their order. */
            readonly cues: readonly components["schemas"]["CueView"][];
            /** @description Whether cues that follow by themselves wait for a hand. */
            readonly held: boolean;
            readonly next: components["schemas"]["CueId"] | null;
            readonly on_air: components["schemas"]["OnAir"] | null;
        };
        /** @description A transition under way to the picture on program. */
        readonly Running: {
            /** @description The picture that is on its way out, still on air. */
            readonly from: components["schemas"]["Picture"];
            /** @description How far it is. */
            readonly progress: components["schemas"]["Progress"];
            /** @description Whether it runs back: it looks like the transition from program to `from`, backwards. */
            readonly reversed: boolean;
            /** @description How. */
            readonly transition: components["schemas"]["Transition"];
        };
        /** @description A picture with a name. */
        readonly Scene: {
            /** @description What it shows. A city in it may have been removed since: then it cannot be called up. */
            readonly composition: components["schemas"]["Composition"];
            /** @description Its number in this evening. */
            readonly id: components["schemas"]["SceneId"];
            /** @description Name for people, 1 to 64 characters. */
            readonly name: string;
        };
        /**
         * Format: int32
         * @description A scene. Given by the show, never used twice in an evening.
         */
        readonly SceneId: number;
        /** @description A scene as pages see it. */
        readonly SceneView: {
            readonly picture: components["schemas"]["Picture"] | null;
            /** @description The scene. */
            readonly scene: components["schemas"]["Scene"];
            /** @description Whether exactly this is on a bus. */
            readonly tally: components["schemas"]["Tally"];
        };
        /** @description A link, as listed: all but its token. */
        readonly SeatLink: {
            /**
             * Format: int64
             * @description When it was made, in µs since 1970, UTC.
             */
            readonly added_us: number;
            /**
             * Format: int64
             * @description When it ends by itself, in µs since 1970, UTC.
             */
            readonly expires_us: number | null;
            /**
             * Format: int64
             * @description Its number.
             */
            readonly id: number;
            /**
             * Format: int64
             * @description When another took its place, in µs since 1970, UTC.
             */
            readonly renewed_us: number | null;
            /**
             * Format: int64
             * @description When it was taken away, in µs since 1970, UTC.
             */
            readonly revoked_us: number | null;
            /** @description What it is worth now. */
            readonly standing: components["schemas"]["LinkStanding"];
        };
        /** @description How the show behaves, as operators set it. */
        readonly Settings: {
            /** @description How callers take turns. */
            readonly calls: components["schemas"]["CallRule"];
            /**
             * Format: int32
             * @description The same air command of the same person within this time is taken for a double press; 0 to 1000 ms.
             */
            readonly double_press_ms: number;
            /**
             * Format: int32
             * @description How long program takes to fade to black and back, 0 to 5000 ms.
             * @default 1000
             */
            readonly fade_ms: number;
            /** @description What happens when nothing of program's picture comes in any more. */
            readonly guard: components["schemas"]["GuardRule"];
            /** @description What happens when the director's link dies. */
            readonly lease: components["schemas"]["LeaseRule"];
            /**
             * @description What a take of a source that is not ready leads to.
             * @default warn
             */
            readonly readiness: components["schemas"]["ReadinessRule"];
            /** @description How the desk behaves. */
            readonly sound: components["schemas"]["SoundRule"];
        };
        /**
         * Format: int64
         * @description An instant of the event clock, in µs. It goes on over a restart of the server. `epoch` of the show is the wall clock at its 0.
         * @example 3600000000
         */
        readonly ShowTime: number;
        /** @description Name and password. */
        readonly SignIn: {
            /** @description The operator's name. */
            readonly name: string;
            /**
             * Format: password
             * @description The operator's password.
             */
            readonly password: string;
        };
        /** @description The show at one moment. */
        readonly Snapshot: {
            /**
             * Format: int64
             * @description The last event that is in it.
             */
            readonly number: number;
            /** @description The show, as far as it is the business of whoever asks. */
            readonly show: components["schemas"]["View"];
            /** @description Event time now. */
            readonly time_us: components["schemas"]["ShowTime"];
        };
        /** @description What an operator listens to instead of program. */
        readonly Solo: {
            /**
             * @description At which level.
             * @default pfl
             */
            readonly kind: components["schemas"]["SoloKind"];
            /** @description The strips, at most 32; none is program. */
            readonly strips: readonly components["schemas"]["StripId"][];
        };
        /**
         * @description At which level a strip is listened to.
         * @enum {string}
         */
        readonly SoloKind: "pfl" | "afl";
        /** @description What an operator listens to. */
        readonly SoloView: {
            /** @description Who. */
            readonly operator: components["schemas"]["Name"];
            /** @description To what. */
            readonly solo: components["schemas"]["Solo"];
        };
        /** @description How the desk behaves. */
        readonly SoundRule: {
            /**
             * @description When cities are heard that are not in the picture and follow it.
             * @default auto
             */
            readonly ambience: components["schemas"]["Ambience"];
            /**
             * Format: int32
             * @description How much lower a city or a co-host hears program while somebody speaks to them, 0 to 60 dB.
             * @default 12
             */
            readonly dim_db: number;
            /**
             * @description What goes down while co-hosts speak.
             * @default {
             *       "cities": false,
             *       "depth_db": 12,
             *       "hold_ms": 600,
             *       "music": true,
             *       "threshold_db": -40
             *     }
             */
            readonly ducking: components["schemas"]["DuckingRule"];
            /**
             * @description How loud program and radio should be.
             * @default {
             *       "program_lufs": -23,
             *       "radio_lufs": -16,
             *       "silence_s": 15,
             *       "tolerance_lu": 4
             *     }
             */
            readonly loudness: components["schemas"]["LoudnessRule"];
        };
        /**
         * @description What a box of the picture shows: a city, a co-host's camera, a clip or a still of the media folder, a colour, colour bars with a tone, the evening's own slate, or nothing.
         * @example city:roma
         * @example cohost:luca
         * @example clip:pillola
         * @example still:logo
         * @example colour:#ffb020
         * @example bars
         * @example slate
         * @example black
         */
        readonly Source: `city:${string}` | `cohost:${string}` | `clip:${string}` | `still:${string}` | `colour:#${string}` | "bars" | "slate" | "black";
        /** @description A strip's settings. Whether it is heard now follows from them and the picture. */
        readonly Strip: {
            /**
             * @description Whether it goes down for others, or others for it.
             * @default auto
             */
            readonly ducking: components["schemas"]["StripDucking"];
            /**
             * @description How loud, −60 (closed) to +10 dB.
             * @default 0
             */
            readonly fader_db: components["schemas"]["Fader"];
            /** @default null */
            readonly group: components["schemas"]["GroupNumber"] | null;
            /**
             * @description When it is heard.
             * @default afv
             */
            readonly mode: components["schemas"]["StripMode"];
            /**
             * @description Silenced by hand, whatever else is set.
             * @default false
             */
            readonly muted: boolean;
            /**
             * @description What is done to its sound before anybody hears it.
             * @default {
             *       "compressor": null,
             *       "delay_ms": 0,
             *       "gain_db": 0,
             *       "gate": null,
             *       "high_pass_hz": null,
             *       "mono": false,
             *       "pan": 0
             *     }
             */
            readonly processing: components["schemas"]["Processing"];
            /** @default null */
            readonly radio_db: components["schemas"]["Fader"] | null;
            /** @default null */
            readonly ramps: components["schemas"]["Ramps"] | null;
        };
        /**
         * @description What a strip is to ducking, as operators set it.
         * @enum {string}
         */
        readonly StripDucking: "auto" | "none" | "key" | "ducked";
        /**
         * @description A strip of the desk: a city, a co-host, a clip, a piece of music, the microphone of an operator, or the tone of the bars.
         * @example city:roma
         * @example cohost:luca
         * @example clip:pillola
         * @example music:sigla
         * @example talkback:Anna
         * @example bars
         */
        readonly StripId: `city:${string}` | `cohost:${string}` | `clip:${string}` | `music:${string}` | `talkback:${string}` | "bars";
        /**
         * @description When a strip is heard on program.
         * @enum {string}
         */
        readonly StripMode: "afv" | "on";
        /** @description A strip without a seat, as pages see it: those of cities and co-hosts stand with them. */
        readonly StripView: {
            /** @description Whose. */
            readonly id: components["schemas"]["StripId"];
            /** @description Name for people; empty for the tone of the bars. */
            readonly name: string;
            /** @description How it is set. */
            readonly strip: components["schemas"]["Strip"];
            /** @description Whether what it belongs to is seen. */
            readonly tally: components["schemas"]["Tally"];
        };
        /**
         * @description Whom an operator speaks to: every city and co-host, every city, every co-host, or one of them.
         * @example all
         * @example cities
         * @example cohosts
         * @example city:roma
         * @example cohost:luca
         */
        readonly TalkTo: "all" | "cities" | "cohosts" | `city:${string}` | `cohost:${string}`;
        /** @description Who speaks to whom. */
        readonly TalkView: {
            /** @description Whether their microphone is open: only then they are heard. */
            readonly open: boolean;
            /** @description Who speaks. */
            readonly operator: components["schemas"]["Name"];
            /** @description To whom. Cities and co-hosts are told of themselves only. */
            readonly to: readonly components["schemas"]["TalkTo"][];
        };
        /**
         * @description Whether a source is seen. Derived from the buses, never stored.
         * @enum {string}
         */
        readonly Tally: "off" | "preview" | "program";
        /** @description A template as pages offer it. */
        readonly Template: {
            /** @description What is to be filled in. */
            readonly fields: readonly components["schemas"]["Field"][];
            /** @description Identifier. */
            readonly id: components["schemas"]["MediaId"];
            /** @description Name for people, in Italian. */
            readonly name: string;
            /** @description Name for people, in English. */
            readonly name_en: string;
        };
        /** @description An event as pages hear it. */
        readonly ToldEvent: {
            /** @description Who did it; viewers hear `house`. */
            readonly actor: components["schemas"]["Actor"];
            /** @description What happened. */
            readonly event: components["schemas"]["Event"];
            /**
             * Format: int64
             * @description Its number.
             */
            readonly number: number;
        };
        /** @description The way from one picture to the next. */
        readonly Transition: {
            /** @enum {string} */
            readonly kind: "cut";
        } | {
            /**
             * Format: int32
             * @description 100 to 3000, in milliseconds.
             */
            readonly duration_ms: number;
            /** @enum {string} */
            readonly kind: "mix";
        } | {
            /** @description Through which colour. */
            readonly colour?: components["schemas"]["Colour"];
            /**
             * Format: int32
             * @description 100 to 3000, in milliseconds.
             */
            readonly duration_ms: number;
            /** @enum {string} */
            readonly kind: "dip";
        } | {
            /**
             * Format: int32
             * @description 100 to 3000, in milliseconds.
             */
            readonly duration_ms: number;
            /** @enum {string} */
            readonly kind: "wipe";
            /** @description The form of the edge. */
            readonly pattern: components["schemas"]["WipePattern"];
            /**
             * Format: int32
             * @description How soft the edge is, 0 (sharp) to 500 thousandths of the picture.
             * @default 0
             */
            readonly softness: number;
        } | {
            /** @description Where both move. */
            readonly direction: components["schemas"]["Direction"];
            /**
             * Format: int32
             * @description 100 to 3000, in milliseconds.
             */
            readonly duration_ms: number;
            /** @enum {string} */
            readonly kind: "push";
        } | {
            /** @description Where the new one moves. */
            readonly direction: components["schemas"]["Direction"];
            /**
             * Format: int32
             * @description 100 to 3000, in milliseconds.
             */
            readonly duration_ms: number;
            /** @enum {string} */
            readonly kind: "slide";
        } | {
            /**
             * Format: int32
             * @description 100 to 3000, in milliseconds.
             */
            readonly duration_ms: number;
            /** @enum {string} */
            readonly kind: "move";
        } | {
            /**
             * Format: int32
             * @description When, under it, the picture changes: in milliseconds from its begin, within its duration.
             */
            readonly cut_ms: number;
            /**
             * Format: int32
             * @description How long it runs: 100 to 3000, in milliseconds.
             */
            readonly duration_ms: number;
            /** @enum {string} */
            readonly kind: "stinger";
            /** @description Which animation. */
            readonly stinger: components["schemas"]["MediaId"];
        };
        /**
         * @description What stands in the way of a telephone's provider or PBX.
         * @enum {string}
         */
        readonly TrunkTrouble: "not_found" | "silence" | "credentials" | "realm" | "refused";
        /** @description What a page needs to draw the evening. What an actor may not know is `null`. */
        readonly View: {
            /** @description What needs mending; operators only. */
            readonly alarms: readonly components["schemas"]["Alarm"][] | null;
            /** @description Whether program is faded to black, or on its way there. */
            readonly black: boolean;
            /** @description Whether the calls are locked for hosts; operators only. */
            readonly calls_locked: boolean | null;
            /** @description The texts that stand ready to be sent; operators only. */
            readonly canned: readonly string[] | null;
            /** @description The cities in the order of the evening. */
            readonly cities: readonly components["schemas"]["CityView"][];
            /**
             * @description The co-hosts in their order; viewers are not told.
             *
             *     Cities and co-hosts are told of hosts, of who is on air, and of themselves.
             */
            readonly cohosts: readonly components["schemas"]["CohostView"][] | null;
            /** @description The newest things that can be taken back or done again, oldest first; operators only. */
            readonly deeds: readonly components["schemas"]["DeedView"][] | null;
            /** @description The wall clock at the event clock's start: what turns every other time into a time of day. */
            readonly epoch: components["schemas"]["WallTime"];
            /** @description The groups of strips, from 1 on; operators only. */
            readonly groups: readonly components["schemas"]["Group"][] | null;
            readonly guarded: components["schemas"]["Picture"] | null;
            /** @description Which strips are heard on program; operators only. */
            readonly heard: readonly components["schemas"]["StripId"][] | null;
            /** @description The downstream keyers, the lowest first; operators only. */
            readonly keyers: readonly components["schemas"]["Keyer"][] | null;
            readonly lease: components["schemas"]["LeaseView"] | null;
            readonly masters: components["schemas"]["Masters"] | null;
            readonly media: components["schemas"]["Media"] | null;
            /** @description The messages that whoever looks may read, oldest first. */
            readonly messages: readonly components["schemas"]["Message"][] | null;
            readonly next_caller: components["schemas"]["CohostId"] | null;
            /** @description The music that plays, in the order in which it began; operators only. */
            readonly playing: readonly components["schemas"]["PlayingView"][] | null;
            /** @description Which operators and machines have a page open; operators only. */
            readonly present: readonly components["schemas"]["Actor"][] | null;
            readonly preview: components["schemas"]["Picture"] | null;
            /** @description What is on air; while a transition runs, what it leads to. */
            readonly program: components["schemas"]["Picture"];
            /** @description Since when. */
            readonly program_since: components["schemas"]["ShowTime"];
            /**
             * Format: int64
             * @description The number of the last event.
             */
            readonly revision: number;
            readonly rundown: components["schemas"]["RundownView"] | null;
            readonly running: components["schemas"]["Running"] | null;
            /** @description The scenes in their order; operators only. */
            readonly scenes: readonly components["schemas"]["SceneView"][] | null;
            readonly settings: components["schemas"]["Settings"] | null;
            /** @description What operators listen to instead of program; operators only. */
            readonly solos: readonly components["schemas"]["SoloView"][] | null;
            /**
             * @description The strips of the desk without a seat: what the picture brings, the music that plays, open talkback microphones, and
             *     what else has settings of its own; operators only.
             */
            readonly strips: readonly components["schemas"]["StripView"][] | null;
            /** @description Whose talkback microphones are open; operators only. */
            readonly talkback: readonly components["schemas"]["Name"][] | null;
            /** @description Who speaks to whom; cities and co-hosts are told who speaks to them, viewers nothing. */
            readonly talks: readonly components["schemas"]["TalkView"][] | null;
            /** @description Title of the evening. */
            readonly title: string;
            /** @description What the next take runs. */
            readonly transition: components["schemas"]["Transition"];
            /** @description Whether callers who withhold their number are refused; operators only. */
            readonly withheld_refused: boolean | null;
            readonly your_cue: components["schemas"]["CueView"] | null;
        };
        /**
         * Format: int64
         * @description An instant of the wall clock, in µs since 1970-01-01 00:00 UTC.
         * @example 1795280400000000
         */
        readonly WallTime: number;
        /**
         * @description What becomes of a box whose city is lost.
         * @enum {string}
         */
        readonly WhenLost: "slate" | "close_up";
        /**
         * @description The form of a wipe's edge, and where it runs.
         * @enum {string}
         */
        readonly WipePattern: "right" | "left" | "down" | "up" | "down_right" | "down_left" | "up_right" | "up_left" | "circle" | "diamond" | "barn_horizontal" | "barn_vertical" | "clock";
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type AccessCode = components['schemas']['AccessCode'];
export type Actor = components['schemas']['Actor'];
export type Alarm = components['schemas']['Alarm'];
export type Ambience = components['schemas']['Ambience'];
export type ApiKey = components['schemas']['ApiKey'];
export type Audience = components['schemas']['Audience'];
export type Border = components['schemas']['Border'];
export type Bus = components['schemas']['Bus'];
export type CallEnd = components['schemas']['CallEnd'];
export type CallersNumber = components['schemas']['CallersNumber'];
export type CallKind = components['schemas']['CallKind'];
export type CallOrigin = components['schemas']['CallOrigin'];
export type CallRule = components['schemas']['CallRule'];
export type CallState = components['schemas']['CallState'];
export type CallView = components['schemas']['CallView'];
export type Cause = components['schemas']['Cause'];
export type Channel = components['schemas']['Channel'];
export type ChannelId = components['schemas']['ChannelId'];
export type Channels = components['schemas']['Channels'];
export type City = components['schemas']['City'];
export type CityId = components['schemas']['CityId'];
export type CityState = components['schemas']['CityState'];
export type CityView = components['schemas']['CityView'];
export type Cohost = components['schemas']['Cohost'];
export type CohostId = components['schemas']['CohostId'];
export type CohostView = components['schemas']['CohostView'];
export type Colour = components['schemas']['Colour'];
export type Command = components['schemas']['Command'];
export type CommandDone = components['schemas']['CommandDone'];
export type CommandRequest = components['schemas']['CommandRequest'];
export type Composition = components['schemas']['Composition'];
export type Compressor = components['schemas']['Compressor'];
export type Corner = components['schemas']['Corner'];
export type Crop = components['schemas']['Crop'];
export type Cue = components['schemas']['Cue'];
export type CueId = components['schemas']['CueId'];
export type CuePlan = components['schemas']['CuePlan'];
export type CueView = components['schemas']['CueView'];
export type DeedView = components['schemas']['DeedView'];
export type Direction = components['schemas']['Direction'];
export type DuckingRule = components['schemas']['DuckingRule'];
export type Event = components['schemas']['Event'];
export type Fader = components['schemas']['Fader'];
export type Field = components['schemas']['Field'];
export type FieldKind = components['schemas']['FieldKind'];
export type Fit = components['schemas']['Fit'];
export type Flaw = components['schemas']['Flaw'];
export type Gate = components['schemas']['Gate'];
export type Graphic = components['schemas']['Graphic'];
export type Group = components['schemas']['Group'];
export type GroupNumber = components['schemas']['GroupNumber'];
export type GuardRule = components['schemas']['GuardRule'];
export type Health = components['schemas']['Health'];
export type Identity = components['schemas']['Identity'];
export type Inset = components['schemas']['Inset'];
export type Keyer = components['schemas']['Keyer'];
export type KeyerNumber = components['schemas']['KeyerNumber'];
export type Keys = components['schemas']['Keys'];
export type Layout = components['schemas']['Layout'];
export type Lease = components['schemas']['Lease'];
export type LeaseEnd = components['schemas']['LeaseEnd'];
export type LeaseRule = components['schemas']['LeaseRule'];
export type LeaseView = components['schemas']['LeaseView'];
export type Links = components['schemas']['Links'];
export type LinkStanding = components['schemas']['LinkStanding'];
export type LinkWish = components['schemas']['LinkWish'];
export type LiveMessage = components['schemas']['LiveMessage'];
export type LiveRequest = components['schemas']['LiveRequest'];
export type LoudnessRule = components['schemas']['LoudnessRule'];
export type MadeKey = components['schemas']['MadeKey'];
export type MadeLink = components['schemas']['MadeLink'];
export type Masters = components['schemas']['Masters'];
export type Media = components['schemas']['Media'];
export type MediaFlaw = components['schemas']['MediaFlaw'];
export type MediaId = components['schemas']['MediaId'];
export type MediaItem = components['schemas']['MediaItem'];
export type Message = components['schemas']['Message'];
export type MessageId = components['schemas']['MessageId'];
export type Mix = components['schemas']['Mix'];
export type Move = components['schemas']['Move'];
export type Name = components['schemas']['Name'];
export type NewKey = components['schemas']['NewKey'];
export type NextCaller = components['schemas']['NextCaller'];
export type OnAir = components['schemas']['OnAir'];
export type Operator = components['schemas']['Operator'];
export type Operators = components['schemas']['Operators'];
export type PageLink = components['schemas']['PageLink'];
export type PhoneNumber = components['schemas']['PhoneNumber'];
export type Picture = components['schemas']['Picture'];
export type PictureBox = components['schemas']['PictureBox'];
export type PlayingView = components['schemas']['PlayingView'];
export type Processing = components['schemas']['Processing'];
export type Progress = components['schemas']['Progress'];
export type Ramps = components['schemas']['Ramps'];
export type ReadinessRule = components['schemas']['ReadinessRule'];
export type Receipt = components['schemas']['Receipt'];
export type Recorded = components['schemas']['Recorded'];
export type Rect = components['schemas']['Rect'];
export type Refusal = components['schemas']['Refusal'];
export type Role = components['schemas']['Role'];
export type Rundown = components['schemas']['Rundown'];
export type RundownDocument = components['schemas']['RundownDocument'];
export type RundownView = components['schemas']['RundownView'];
export type Running = components['schemas']['Running'];
export type Scene = components['schemas']['Scene'];
export type SceneId = components['schemas']['SceneId'];
export type SceneView = components['schemas']['SceneView'];
export type SeatLink = components['schemas']['SeatLink'];
export type Settings = components['schemas']['Settings'];
export type ShowTime = components['schemas']['ShowTime'];
export type SignIn = components['schemas']['SignIn'];
export type Snapshot = components['schemas']['Snapshot'];
export type Solo = components['schemas']['Solo'];
export type SoloKind = components['schemas']['SoloKind'];
export type SoloView = components['schemas']['SoloView'];
export type SoundRule = components['schemas']['SoundRule'];
export type Source = components['schemas']['Source'];
export type Strip = components['schemas']['Strip'];
export type StripDucking = components['schemas']['StripDucking'];
export type StripId = components['schemas']['StripId'];
export type StripMode = components['schemas']['StripMode'];
export type StripView = components['schemas']['StripView'];
export type TalkTo = components['schemas']['TalkTo'];
export type TalkView = components['schemas']['TalkView'];
export type Tally = components['schemas']['Tally'];
export type Template = components['schemas']['Template'];
export type ToldEvent = components['schemas']['ToldEvent'];
export type Transition = components['schemas']['Transition'];
export type TrunkTrouble = components['schemas']['TrunkTrouble'];
export type View = components['schemas']['View'];
export type WallTime = components['schemas']['WallTime'];
export type WhenLost = components['schemas']['WhenLost'];
export type WipePattern = components['schemas']['WipePattern'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
