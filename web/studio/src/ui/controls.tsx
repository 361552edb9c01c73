// Buttons and fields: the behaviour of React Aria, the look of the Studio.
import type { ReactNode } from "react";
import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
  FieldError,
  Input,
  Label,
  Text,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from "react-aria-components";
import { Icon, type IconName } from "./Icon.tsx";
import "./controls.css";

type Look = "plain" | "main" | "ghost" | "danger";

interface ButtonProps extends Omit<AriaButtonProps, "children" | "className"> {
  look?: Look;
  icon?: IconName;
  /** The action runs: it keeps the focus, and pressing it again does nothing. */
  isBusy?: boolean;
  children?: ReactNode;
}

export function Button({
  look = "plain",
  icon,
  isBusy = false,
  children,
  onPress,
  ...rest
}: ButtonProps) {
  return (
    <AriaButton
      {...rest}
      {...(onPress === undefined || isBusy ? {} : { onPress })}
      className={`button ${look} ${isBusy ? "busy" : ""}`}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </AriaButton>
  );
}

/** A button that shows its icon only; its name is for screen readers and the pointer. */
export function IconButton({
  icon,
  label,
  ...rest
}: { icon: IconName; label: string } & Omit<AriaButtonProps, "children">) {
  return (
    <AriaButton {...rest} aria-label={label} className="button ghost icon-only">
      <Icon name={icon} />
    </AriaButton>
  );
}

interface TextFieldProps extends Omit<AriaTextFieldProps, "children" | "className"> {
  label: string;
  hint?: string;
  error?: string | null;
  placeholder?: string;
}

export function TextField({ label, hint, error, placeholder, ...rest }: TextFieldProps) {
  return (
    <AriaTextField
      {...rest}
      className="field"
      isInvalid={typeof error === "string"}
      validationBehavior="aria"
    >
      <Label>{label}</Label>
      <Input className="input" dir="auto" {...(placeholder === undefined ? {} : { placeholder })} />
      {hint !== undefined && (
        <Text slot="description" className="sub">
          {hint}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </AriaTextField>
  );
}

interface SelectProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  onChange: (value: Value) => void;
  /** The label is for screen readers only. */
  isBare?: boolean;
}

/** The browser's own select: on telephones it is the best one there is. */
export function Select<Value extends string>({
  label,
  value,
  options,
  onChange,
  isBare = false,
}: SelectProps<Value>) {
  return (
    <label className="field">
      <span className={isBare ? "visually-hidden" : "label"}>{label}</span>
      <span className="select">
        <select value={value} onChange={(event) => onChange(event.target.value as Value)}>
          {options.map(([each, name]) => (
            <option key={each} value={each}>
              {name}
            </option>
          ))}
        </select>
      </span>
    </label>
  );
}

interface CheckboxProps {
  label: ReactNode;
  isChecked: boolean;
  onChange: (isChecked: boolean) => void;
}

export function Checkbox({ label, isChecked, onChange }: CheckboxProps) {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={isChecked}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

interface RadiosProps<Value extends string> {
  label: string;
  name: string;
  value: Value;
  options: readonly (readonly [Value, ReactNode])[];
  onChange: (value: Value) => void;
}

export function Radios<Value extends string>(props: RadiosProps<Value>) {
  const { label, name, value, options, onChange } = props;
  return (
    <fieldset className="choices">
      <legend>{label}</legend>
      {options.map(([each, text]) => (
        <label key={each} className="check">
          <input
            type="radio"
            name={name}
            checked={each === value}
            onChange={() => onChange(each)}
          />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}
