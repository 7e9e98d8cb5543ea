import { ChevronDown, X } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import {
  Button,
  Header,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  type Selection,
} from 'react-aria-components';
import { useActions, useAgent } from '../agent/page.tsx';
import { type Filter, filtersOf } from '../clusters/filters.ts';
import type { GroupBy } from '../clusters/groups.ts';
import { byTitle } from '../clusters/layout.ts';
import { clustersText } from '../clusters/text.ts';
import './filter-bar.css';

/** Shows the active filters, each with a button that removes it, and the grouping. */
export function FilterBar({
  filters,
  onFilters,
}: {
  readonly filters: readonly Filter[];
  readonly onFilters: (filters: readonly Filter[]) => void;
}) {
  return (
    <search className="filter-bar" aria-label={clustersText.filters.title}>
      <FilterMenu filters={filters} onFilters={onFilters} />
      <ul className="chips">
        {filters.map((filter) => (
          <li key={filter.id} className="chip">
            <span>{filter.title}</span>
            <button
              type="button"
              aria-label={clustersText.filters.remove(filter.title)}
              onClick={() => onFilters(filters.filter((one) => one !== filter))}
            >
              <X size={12} aria-hidden />
            </button>
          </li>
        ))}
      </ul>
      <GroupMenu />
    </search>
  );
}

function BarMenu({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <MenuTrigger>
      <Button className="bar-button">
        {label}
        <ChevronDown size={12} aria-hidden />
      </Button>
      <Popover className="popover" placement="bottom start" offset={4}>
        {children}
      </Popover>
    </MenuTrigger>
  );
}

function FilterMenu({ filters, onFilters }: Parameters<typeof FilterBar>[0]) {
  return (
    <BarMenu label={clustersText.filters.filter}>
      <FilterChoices filters={filters} onFilters={onFilters} />
    </BarMenu>
  );
}

/** Computes the choices only while the menu is open. */
function FilterChoices({ filters, onFilters }: Parameters<typeof FilterBar>[0]) {
  const clusters = useAgent((agent) => agent.clusters);
  const groups = useMemo(() => filtersOf(byTitle(clusters.values())), [clusters]);
  const choose = (chosen: Selection) => {
    const all = groups.flatMap((group) => group.filters);
    const keys = chosen === 'all' ? new Set(all.map(({ id }) => id)) : chosen;
    // Keep the order in which they were chosen.
    onFilters([
      ...filters.filter(({ id }) => keys.has(id)),
      ...all.filter(({ id }) => keys.has(id) && !filters.some((known) => known.id === id)),
    ]);
  };
  return (
    <Menu
      className="menu"
      aria-label={clustersText.filters.filter}
      selectionMode="multiple"
      selectedKeys={filters.map(({ id }) => id)}
      onSelectionChange={choose}
    >
      {groups.map(({ title, filters: choices }) => (
        <MenuSection key={title}>
          <Header>{title}</Header>
          {choices.map((choice) => (
            <MenuItem key={choice.id} id={choice.id} textValue={choice.title}>
              <span>{choice.title}</span>
            </MenuItem>
          ))}
        </MenuSection>
      ))}
    </Menu>
  );
}

function GroupMenu() {
  const group = useAgent((agent) => agent.settings.listGroup);
  const { groupBy } = useActions();
  const choices = Object.entries(clustersText.filters.groups) as [GroupBy, string][];
  return (
    <BarMenu label={clustersText.filters.groupBy(clustersText.filters.groups[group])}>
      <Menu
        className="menu"
        aria-label={clustersText.filters.group}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[group]}
        onAction={(key) => void groupBy(key as GroupBy)}
      >
        {choices.map(([key, title]) => (
          <MenuItem key={key} id={key} textValue={title}>
            <span>{title}</span>
          </MenuItem>
        ))}
      </Menu>
    </BarMenu>
  );
}
