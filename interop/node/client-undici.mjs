// The EventSource of undici, which is to become Node's own.
import { EventSource } from "undici";
import { follow, url } from "./follow.mjs";

follow(new EventSource(url));
