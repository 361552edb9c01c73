// The filters that are on, each with a button that removes it.
import { t } from "../messages/index.ts";
import { Icon } from "./Icon.tsx";
import { dropTyped } from "./useTyped.ts";

interface ChipsProps<Change> {
  chips: [name: string, change: Change][];
  onRemove: (change: Change) => void;
  onClear: () => void;
}

export function Chips<Change>({ chips, onRemove, onClear }: ChipsProps<Change>) {
  if (chips.length === 0) return null;
  return (
    <div className="chips">
      {chips.map(([name, change]) => (
        <button
          key={name}
          type="button"
          className="chip"
          aria-label={t.catalogue.remove(name)}
          onClick={() => onRemove(change)}
        >
          <bdi>{name}</bdi>
          <Icon name="close" size={12} />
        </button>
      ))}
      <button
        type="button"
        className="chip quiet"
        onClick={() => {
          dropTyped();
          onClear();
        }}
      >
        {t.catalogue.clear}
      </button>
    </div>
  );
}
