// The name of a person, a ceremony or a platform in an item, and which one is meant.
import { useState } from "react";
import { useQuery } from "urql";
import { PEOPLE, type PersonRow } from "../people/queries.ts";
import { Button } from "../ui/controls.tsx";
import type { Problem } from "./check.ts";
import type { Item } from "./edits.ts";
import type { Field } from "./fields.ts";
import { FieldInput } from "./FieldInput.tsx";
import { texts } from "./texts.ts";
import { usePause } from "./usePause.ts";

interface EntityInputProps {
  field: Extract<Field, { kind: "text" }>;
  /** The field with the id of the entity. */
  idField: string;
  isPerson: boolean;
  item: Item;
  /** The name as it is stored, if the item is linked to the same entity there. */
  storedName: string | undefined;
  problem: Problem | undefined;
  isAsked: boolean;
  onChange: (item: Item) => void;
}

const SHOWN = 6;

export function EntityInput(props: EntityInputProps) {
  const { field, idField, isPerson, item, storedName, problem, isAsked, onChange } = props;
  const [isSearched, setSearched] = useState(false);
  const id = item[idField];
  const name = item[field.name];
  const text = typeof name === "string" ? name.trim() : "";
  const linked = typeof id === "string" ? id : null;
  const rename = (value: unknown) => {
    setSearched(true);
    const isEmpty = typeof value === "string" && value.trim() === "";
    // An item without a name refers to no entity.
    onChange({
      ...item,
      [field.name]: value,
      ...(isEmpty && linked !== null ? { [idField]: null } : {}),
    });
  };
  const isRenamed = linked !== null && storedName !== undefined && storedName !== text;
  return (
    <div className="entity-input">
      <FieldInput
        field={field}
        value={name}
        problem={problem}
        isAsked={isAsked}
        onChange={rename}
      />
      {linked === null ? (
        text !== "" && <p className="sub">{texts.byName}</p>
      ) : (
        <p className={isRenamed ? "linked renamed" : "sub linked"}>
          {isRenamed ? texts.renamed(linked) : texts.linked(linked)}{" "}
          <Button
            look="ghost"
            onPress={() => {
              setSearched(true);
              onChange(without(item, idField));
            }}
          >
            {texts.unlink}
          </Button>
        </p>
      )}
      {isPerson && linked === null && isSearched && (
        <Suggestions
          text={text}
          onChoose={(person) =>
            onChange({ ...item, [field.name]: person.name, [idField]: person.id })
          }
        />
      )}
    </div>
  );
}

const without = (item: Item, name: string): Item =>
  Object.fromEntries(Object.entries(item).filter(([each]) => each !== name));

function Suggestions({ text, onChoose }: { text: string; onChoose: (person: PersonRow) => void }) {
  const search = usePause(text);
  const [{ data }] = useQuery({
    query: PEOPLE,
    variables: { search, first: SHOWN },
    pause: search === "",
  });
  const people = search === "" ? [] : (data?.people.nodes ?? []);
  if (people.length === 0) return null;
  return (
    <ul className="suggestions" aria-label={texts.suggestions}>
      {people.map((person) => (
        <li key={person.id}>
          <Button look="ghost" onPress={() => onChoose(person)}>
            <span className="name" dir="auto">
              {person.name}
            </span>
            <span className="sub">
              {person.id}
              {person.knownFor.length > 0 && (
                <>
                  {" · "}
                  <bdi>
                    {texts.knownFor(
                      person.knownFor.map((movie) => movie.title ?? movie.id).join(", "),
                    )}
                  </bdi>
                </>
              )}
            </span>
          </Button>
        </li>
      ))}
    </ul>
  );
}
