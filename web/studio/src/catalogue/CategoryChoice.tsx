// A choice of categories, in the order of the service.
import type { ReactNode } from "react";
import type { Category } from "../graphql/generated/graphql.ts";
import { t } from "../messages/index.ts";
import { Checkbox } from "../ui/controls.tsx";
import { CATEGORIES } from "./categories.ts";

interface CategoryChoiceProps {
  label: ReactNode;
  chosen: readonly Category[];
  isDisabled?: boolean;
  onChange: (chosen: readonly Category[]) => void;
}

export function CategoryChoice({
  label,
  chosen,
  isDisabled = false,
  onChange,
}: CategoryChoiceProps) {
  return (
    <fieldset className="choices two" disabled={isDisabled}>
      <legend>{label}</legend>
      {CATEGORIES.map((category) => (
        <Checkbox
          key={category}
          label={t.categories[category]}
          isChecked={chosen.includes(category)}
          onChange={(isChosen) =>
            onChange(
              CATEGORIES.filter((each) => (each === category ? isChosen : chosen.includes(each))),
            )
          }
        />
      ))}
    </fieldset>
  );
}
