// The npm package eventsource.
import { EventSource } from "eventsource";
import { follow, url } from "./follow.mjs";

follow(new EventSource(url));
