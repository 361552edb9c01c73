// A document as a person wants to read it.
import type { CategoryData } from "../queries.ts";
import { AwardsView } from "./AwardsView.tsx";
import { BasicInfoView } from "./BasicInfoView.tsx";
import { CastCrewView } from "./CastCrewView.tsx";
import { MediaView } from "./MediaView.tsx";
import { StreamingView } from "./StreamingView.tsx";
import { TimelineView } from "./TimelineView.tsx";
import { TriviaView } from "./TriviaView.tsx";
import "./views.css";

export function DocumentView({ data }: { data: CategoryData }) {
  switch (data.__typename) {
    case "BasicInfo":
      return <BasicInfoView data={data} />;
    case "CastCrew":
      return <CastCrewView data={data} />;
    case "Timeline":
      return <TimelineView data={data} />;
    case "Trivia":
      return <TriviaView data={data} />;
    case "Awards":
      return <AwardsView data={data} />;
    case "Media":
      return <MediaView data={data} />;
    case "Streaming":
      return <StreamingView data={data} />;
  }
}

/** How many entries a document has; undefined for one without lists. */
export function sizeOf(data: CategoryData): number {
  return Object.values(data)
    .filter((value) => Array.isArray(value))
    .reduce((sum, list) => sum + list.length, 0);
}
