// The movies that are selected for an export.
import { createSelection } from "../../ui/selection.ts";

export const useSelection = createSelection();
