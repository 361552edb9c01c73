// The form of one item of a list. What is typed is in the edits at once: closing loses nothing.
import type { Category } from "../graphql/generated/graphql.ts";
import { Button } from "../ui/controls.tsx";
import { Dialog, DialogActions } from "../ui/Dialog.tsx";
import { itemProblems } from "./check.ts";
import { stateOf, type Entry, type Item } from "./edits.ts";
import { EntityInput } from "./EntityInput.tsx";
import { FieldInput } from "./FieldInput.tsx";
import { ENTITIES, type ListField } from "./fields.ts";
import { labelOf } from "./labels.ts";
import { nameOf, texts } from "./texts.ts";

interface ItemDialogProps {
  category: Category;
  list: ListField;
  entry: Entry;
  stored: Item | undefined;
  isAsked: boolean;
  onChange: (item: Item) => void;
  onClose: () => void;
}

export function ItemDialog(props: ItemDialogProps) {
  const { category, list, entry, stored, isAsked, onChange, onClose } = props;
  const { item } = entry;
  const problems = itemProblems(list.fields, list.anyOf, item);
  const entities = ENTITIES[category] ?? {};
  return (
    <Dialog
      title={
        stored === undefined
          ? texts.addTitle(nameOf(list.name))
          : texts.editTitle(labelOf(list, stored).name)
      }
      isOpen
      onClose={onClose}
    >
      <form
        className="edit-form"
        onSubmit={(event) => {
          event.preventDefault();
          onClose();
        }}
      >
        {list.fields.map((field) => {
          if (field.kind === "items") return null;
          const entity = entities[field.name];
          const common = { problem: problems.get(field.name), isAsked };
          return entity !== undefined && field.kind === "text" ? (
            <EntityInput
              key={field.name}
              {...common}
              field={field}
              idField={entity.idField}
              isPerson={entity.kind === "person"}
              item={item}
              storedName={storedNameOf(stored, item, field.name, entity.idField)}
              onChange={onChange}
            />
          ) : (
            <FieldInput
              key={field.name}
              {...common}
              field={field}
              value={item[field.name]}
              onChange={(value) => onChange({ ...item, [field.name]: value })}
            />
          );
        })}
        <DialogActions>
          {stored !== undefined && stateOf(list, stored, entry) === "changed" && (
            <Button look="ghost" onPress={() => onChange(stored)}>
              {texts.undoItem}
            </Button>
          )}
          <Button look="main" type="submit">
            {texts.done}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

/** The stored name of the entity that an item is still linked to. */
function storedNameOf(
  stored: Item | undefined,
  item: Item,
  name: string,
  idField: string,
): string | undefined {
  const before = stored?.[name];
  return typeof before === "string" && stored?.[idField] === item[idField] ? before : undefined;
}
