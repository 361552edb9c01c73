// The audit log: who did what, or tried to. For admins.
import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";
import type { AuditLogQuery } from "../graphql/generated/graphql.ts";
import { dayOf } from "../messages/format.ts";
import { t } from "../messages/index.ts";
import { useViewer } from "../session/useSession.ts";
import { Chips } from "../ui/Chips.tsx";
import { Button, Select } from "../ui/controls.tsx";
import { List } from "../ui/List.tsx";
import { NeedsRole } from "../ui/NeedsRole.tsx";
import { Notice } from "../ui/states.tsx";
import { usePages } from "../ui/usePages.ts";
import { useTitle } from "../ui/useTitle.ts";
import { useTyped } from "../ui/useTyped.ts";
import { Entries } from "./Entries.tsx";
import { AUDIT_LOG, type AuditEntry } from "./queries.ts";
import {
  filterOf,
  INTERFACES,
  OPERATIONS,
  OUTCOMES,
  readAuditSearch,
  type AuditChange,
  type AuditSearch,
} from "./search.ts";
import { texts } from "./texts.ts";
import "./audit.css";

const route = getRouteApi("/audit-log");
const PAGE = 50;
const entriesOf = (data: AuditLogQuery) => data.auditLog;

export function AuditPage() {
  const { mayManage } = useViewer();
  return mayManage ? <AuditLog /> : <NeedsRole title={texts.title} role="ADMIN" />;
}

function AuditLog() {
  useTitle(texts.title);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const list = usePages(AUDIT_LOG, { filter: filterOf(search), first: PAGE }, entriesOf);
  const change = useCallback(
    (part: AuditChange) =>
      void navigate({
        search: (before) => readAuditSearch({ ...before, ...part }),
        replace: true,
      }),
    [navigate],
  );
  return (
    <div className="page audit">
      <div className="page-bar">
        <div className="page-title">
          <h1>{texts.title}</h1>
          <p className="sub">{texts.lead}</p>
        </div>
        <Button icon="history" onPress={list.retry}>
          {texts.refresh}
        </Button>
      </div>
      <div className="list-bar">
        <Filters search={search} onChange={change} />
        <p className="sub num found" role="status">
          {list.isLoading && list.nodes.length === 0 ? t.common.loading : texts.found(list.total)}
        </p>
      </div>
      <Chips
        chips={chipsOf(search, list.nodes)}
        onRemove={change}
        onClear={() => void navigate({ search: {}, replace: true })}
      />
      <List list={list} empty={<Notice title={texts.emptyTitle}>{texts.emptyText}</Notice>}>
        {(entries) => <Entries entries={entries} onChange={change} />}
      </List>
    </div>
  );
}

/** The filters that are on. Those that the bar of filters shows are there, too. */
function chipsOf(search: AuditSearch, entries: AuditEntry[]): [string, AuditChange][] {
  const { account, operation, outcome, via, address, target, since, until } = search;
  const { chips: names } = texts;
  const email = entries.find(({ accountId }) => accountId === account)?.email;
  const chips: [string, AuditChange][] = [];
  if (account !== undefined) chips.push([names.account(email ?? account), { account: undefined }]);
  if (operation !== undefined) chips.push([texts.operations[operation], { operation: undefined }]);
  if (outcome !== undefined) chips.push([texts.outcomes[outcome], { outcome: undefined }]);
  if (via !== undefined) chips.push([texts.interfaces[via], { via: undefined }]);
  if (target !== undefined) chips.push([names.target(target), { target: undefined }]);
  if (address !== undefined) chips.push([names.address(address), { address: undefined }]);
  if (since !== undefined) chips.push([names.since(dateOf(since)), { since: undefined }]);
  if (until !== undefined) chips.push([names.until(dateOf(until)), { until: undefined }]);
  return chips;
}

const dateOf = (date: string) => dayOf(`${date}T00:00`);

interface FiltersProps {
  search: AuditSearch;
  onChange: (change: AuditChange) => void;
}

function Filters({ search, onChange }: FiltersProps) {
  const setTarget = useCallback(
    (target: string) => onChange({ target: target === "" ? undefined : target }),
    [onChange],
  );
  const setAddress = useCallback(
    (address: string) => onChange({ address: address === "" ? undefined : address }),
    [onChange],
  );
  return (
    <div className="filters" role="group" aria-label={texts.filters}>
      <Choice
        label={texts.operation}
        any={texts.anyOperation}
        value={search.operation}
        options={OPERATIONS.map((each) => [each, texts.operations[each]])}
        onChange={(operation) => onChange({ operation })}
      />
      <Choice
        label={texts.outcome}
        any={texts.anyOutcome}
        value={search.outcome}
        options={OUTCOMES.map((each) => [each, texts.outcomes[each]])}
        onChange={(outcome) => onChange({ outcome })}
      />
      <Choice
        label={texts.via}
        any={texts.anyVia}
        value={search.via}
        options={INTERFACES.map((each) => [each, texts.interfaces[each]])}
        onChange={(via) => onChange({ via })}
      />
      <TextFilter label={texts.target} value={search.target} onChange={setTarget} />
      <TextFilter label={texts.address} value={search.address} onChange={setAddress} />
      <DayFilter
        label={texts.since}
        value={search.since}
        onChange={(since) => onChange({ since })}
      />
      <DayFilter
        label={texts.until}
        value={search.until}
        onChange={(until) => onChange({ until })}
      />
    </div>
  );
}

interface ChoiceProps<Value extends string> {
  label: string;
  any: string;
  value: Value | undefined;
  options: [Value, string][];
  onChange: (value: Value | undefined) => void;
}

function Choice<Value extends string>({
  label,
  any,
  value,
  options,
  onChange,
}: ChoiceProps<Value>) {
  return (
    <Select<Value | "">
      isBare
      label={label}
      value={value ?? ""}
      options={[["", any], ...options]}
      onChange={(next) => onChange(next === "" ? undefined : next)}
    />
  );
}

interface TextFilterProps {
  label: string;
  value: string | undefined;
  onChange: (text: string) => void;
}

function TextFilter({ label, value = "", onChange }: TextFilterProps) {
  const [text, setText] = useTyped(value, onChange);
  return (
    <label>
      <span className="visually-hidden">{label}</span>
      <input
        className="input text-filter"
        value={text}
        placeholder={label}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
      />
    </label>
  );
}

interface DayFilterProps {
  label: string;
  value: string | undefined;
  onChange: (day: string | undefined) => void;
}

function DayFilter({ label, value = "", onChange }: DayFilterProps) {
  return (
    <label className="day-filter">
      <span className="sub">{label}</span>
      <input
        className="input num"
        type="date"
        value={value}
        onChange={({ target }) => onChange(target.value === "" ? undefined : target.value)}
      />
    </label>
  );
}
