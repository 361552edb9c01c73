// A list of items: each can be edited, moved, removed and restored; new ones are added at the end.
import { useState } from "react";
import {
  Button as AriaButton,
  DropIndicator,
  GridList,
  GridListItem,
  ListLayout,
  useDragAndDrop,
  Virtualizer,
} from "react-aria-components";
import { randomKey } from "../graphql/randomKey.ts";
import type { Category } from "../graphql/generated/graphql.ts";
import { t } from "../messages/index.ts";
import { Button } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { itemProblems } from "./check.ts";
import {
  addEntry,
  isBlank,
  moveEntries,
  removeEntry,
  restoreEntry,
  setItem,
  stateOf,
  storedItems,
  type Data,
  type Edits,
  type Entry,
} from "./edits.ts";
import type { ListField } from "./fields.ts";
import { ItemDialog } from "./ItemDialog.tsx";
import { labelOf } from "./labels.ts";
import { nameOf, texts } from "./texts.ts";

interface ItemListProps {
  category: Category;
  list: ListField;
  data: Data;
  edits: Edits;
  isAsked: boolean;
  onChange: (edit: (before: Edits) => Edits) => void;
}

const ROW = 56;
const MOST_ROWS = 9;

export function ItemList({ category, list, data, edits, isAsked, onChange }: ItemListProps) {
  const [open, setOpen] = useState<string | null>(null);
  const stored = storedItems(category, list, data);
  const entries = edits.lists[list.name] ?? [];
  const opened = entries.find(({ key }) => key === open);
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ "text/plain": `${key}` })),
    onReorder: ({ keys, target }) =>
      onChange((before) =>
        moveEntries(
          before,
          list.name,
          new Set([...keys].map((key) => `${key}`)),
          `${target.key}`,
          target.dropPosition === "before" ? "before" : "after",
        ),
      ),
    renderDropIndicator: (target) => <DropIndicator target={target} className="drop-indicator" />,
  });
  const close = () => {
    setOpen(null);
    if (opened !== undefined && !stored.has(opened.key) && isBlank(list, opened))
      onChange((before) => removeEntry(before, list.name, opened.key, false));
  };
  const name = nameOf(list.name);
  return (
    <section className="edit-list">
      <div className="edit-list-head">
        <h2>
          {name} <span className="sub num">{t.number(entries.length)}</span>
        </h2>
        <Button
          icon="plus"
          onPress={() => {
            const key = `new ${randomKey()}`;
            onChange((before) => addEntry(before, list.name, key));
            setOpen(key);
          }}
        >
          {texts.add(name)}
        </Button>
      </div>
      {entries.length === 0 ? (
        <p className="sub">{texts.emptyList}</p>
      ) : (
        <Virtualizer layout={ListLayout} layoutOptions={{ rowSize: ROW }}>
          <GridList
            aria-label={name}
            className="edit-rows"
            style={{ height: Math.min(entries.length, MOST_ROWS) * ROW + 2 }}
            items={entries.map((entry) => ({ ...entry, id: entry.key }))}
            dependencies={[stored, isAsked]}
            dragAndDropHooks={dragAndDropHooks}
            keyboardNavigationBehavior="tab"
            selectionMode="none"
            onAction={(key) => setOpen(`${key}`)}
          >
            {(entry) => (
              <Row
                list={list}
                entry={entry}
                stored={stored.get(entry.key)}
                isAsked={isAsked}
                onEdit={() => setOpen(entry.key)}
                onRemove={() =>
                  onChange((before) =>
                    removeEntry(before, list.name, entry.key, stored.has(entry.key)),
                  )
                }
                onRestore={(item) =>
                  onChange((before) => restoreEntry(before, list.name, entry.key, item))
                }
              />
            )}
          </GridList>
        </Virtualizer>
      )}
      {opened !== undefined && (
        <ItemDialog
          category={category}
          list={list}
          entry={opened}
          stored={stored.get(opened.key)}
          isAsked={isAsked}
          onChange={(item) => onChange((before) => setItem(before, list.name, opened.key, item))}
          onClose={close}
        />
      )}
    </section>
  );
}

interface RowProps {
  list: ListField;
  entry: Entry;
  stored: Entry["item"] | undefined;
  isAsked: boolean;
  onEdit: () => void;
  onRemove: () => void;
  onRestore: (item: Entry["item"]) => void;
}

function Row({ list, entry, stored, isAsked, onEdit, onRemove, onRestore }: RowProps) {
  const { name, details } = labelOf(list, entry.item);
  const state = stateOf(list, stored, entry);
  const isWrong =
    state !== "removed" &&
    state !== "same" &&
    [...itemProblems(list.fields, list.anyOf, entry.item).values()].some(
      ({ kind }) => isAsked || (kind !== "required" && kind !== "oneOf"),
    );
  return (
    <GridListItem id={entry.key} textValue={name} className={`edit-row ${state}`}>
      <AriaButton slot="drag" className="button ghost icon-only" aria-label={texts.moveItem(name)}>
        <Icon name="move" />
      </AriaButton>
      <span className="names">
        <span className="name-line">
          <span className="name" dir="auto">
            {name}
          </span>
          {state !== "same" && <span className={`tag ${TONES[state]}`}>{texts.states[state]}</span>}
          {isWrong && <span className="tag remove">{texts.needsCorrection}</span>}
        </span>
        <span className="sub" dir="auto">
          {details}
        </span>
      </span>
      {state === "removed" && stored !== undefined ? (
        <Button aria-label={texts.restoreItem(name)} onPress={() => onRestore(stored)}>
          {texts.restore}
        </Button>
      ) : (
        <>
          <Button aria-label={texts.editItem(name)} onPress={onEdit}>
            {texts.edit}
          </Button>
          <Button look="danger" aria-label={texts.removeItem(name)} onPress={onRemove}>
            {texts.remove}
          </Button>
        </>
      )}
    </GridListItem>
  );
}

const TONES = { new: "add", changed: "change", removed: "remove", same: "" } as const;
