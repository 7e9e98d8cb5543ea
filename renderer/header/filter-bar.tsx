import { ChevronDown, X } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import {
  Autocomplete,
  Button,
  Header,
  Input,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  SearchField,
  type Selection,
  useFilter,
} from 'react-aria-components';
import type { GroupBy } from '../../main/model/group-key.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { type Filter, filtersOf } from '../clusters/filters.ts';
import { groupsOf } from '../clusters/groups.ts';
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
  const { contains } = useFilter({ sensitivity: 'base' });
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
    <Autocomplete filter={contains}>
      <SearchField className="menu-search" aria-label={clustersText.filters.search} autoFocus>
        <Input className="field" placeholder={clustersText.filters.search} />
      </SearchField>
      <Menu
        className="menu"
        aria-label={clustersText.filters.filter}
        selectionMode="multiple"
        selectedKeys={filters.map(({ id }) => id)}
        onSelectionChange={choose}
        // Escape closes the menu, and several are chosen in one go.
        escapeKeyBehavior="none"
        shouldCloseOnSelect={false}
        renderEmptyState={() => <p className="menu-none">{clustersText.filters.none}</p>}
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
    </Autocomplete>
  );
}

function GroupMenu() {
  const group = useAgent((agent) => agent.settings.listGroup);
  return (
    <BarMenu label={clustersText.filters.groupBy(clustersText.filters.groups[group])}>
      <GroupChoices group={group} />
    </BarMenu>
  );
}

function GroupChoices({ group }: { readonly group: GroupBy }) {
  const { groupBy, collapse } = useActions();
  const clusters = useAgent((agent) => agent.clusters);
  const collapsed = useAgent((agent) => agent.collapsedGroups) ?? [];
  const choices = Object.entries(clustersText.filters.groups) as [GroupBy, string][];
  const act = (key: string | number) => {
    if (key === 'expandAll') return collapse([]);
    if (key !== 'collapseAll') return groupBy(key as GroupBy);
    return collapse([
      ...new Set([...collapsed, ...groupsOf([...clusters.values()], group).map(({ id }) => id)]),
    ]);
  };
  return (
    <Menu className="menu" aria-label={clustersText.filters.group} onAction={(key) => void act(key)}>
      <MenuSection
        aria-label={clustersText.filters.group}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[group]}
      >
        {choices.map(([key, title]) => (
          <MenuItem key={key} id={key} textValue={title}>
            <span>{title}</span>
          </MenuItem>
        ))}
      </MenuSection>
      {group !== 'none' && (
        <MenuSection className="menu-more" aria-label={clustersText.filters.allGroups}>
          {(['collapseAll', 'expandAll'] as const).map((key) => (
            <MenuItem key={key} id={key} textValue={clustersText.filters[key]}>
              <span>{clustersText.filters[key]}</span>
            </MenuItem>
          ))}
        </MenuSection>
      )}
    </Menu>
  );
}
