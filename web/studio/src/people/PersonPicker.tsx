// Finds another person: a search as one types, and the best few to choose from.
import { useState } from "react";
import { useQuery } from "urql";
import { SearchField } from "../ui/SearchField.tsx";
import { PEOPLE, type PersonRow } from "./queries.ts";
import { texts } from "./texts.ts";

const SHOWN = 6;

interface PersonPickerProps {
  /** Who is not offered. */
  not: string;
  start?: string;
  chosen: string | undefined;
  onChoose: (person: PersonRow) => void;
}

export function PersonPicker({ not, start = "", chosen, onChoose }: PersonPickerProps) {
  const [text, setText] = useState(start);
  const [{ data }] = useQuery({
    query: PEOPLE,
    variables: { search: text, first: SHOWN + 1 },
    pause: text.trim() === "",
  });
  const isSearched = text.trim() !== "";
  const found = (data?.people.nodes ?? []).filter(({ id }) => id !== not).slice(0, SHOWN);
  return (
    <div className="picker">
      <SearchField label={texts.find} value={text} onChange={setText} />
      {isSearched && data !== undefined && found.length === 0 && (
        <p className="sub">{texts.findNone}</p>
      )}
      {isSearched && found.length > 0 && (
        <fieldset className="choices">
          <legend className="visually-hidden">{texts.find}</legend>
          {found.map((person) => (
            <label key={person.id} className="check">
              <input
                type="radio"
                name="person"
                checked={person.id === chosen}
                onChange={() => onChoose(person)}
              />
              <span>
                <span className="name" dir="auto">
                  {person.name}
                </span>{" "}
                <span className="sub">
                  {person.id} ·{" "}
                  <bdi>{person.knownFor.map((movie) => movie.title ?? movie.id).join(", ")}</bdi>
                </span>
              </span>
            </label>
          ))}
        </fieldset>
      )}
    </div>
  );
}
