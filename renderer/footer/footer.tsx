import { ChevronsUpDown, ShipWheel } from 'lucide-react';
import { Button, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover } from 'react-aria-components';
import type { ClusterId } from '../../main/model/cluster.ts';
import { isProduction } from '../../main/model/is-production.ts';
import { isUsable } from '../../main/model/is-usable.ts';
import { timeLeft } from '../../main/model/time-left.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { useNow } from '../agent/use-now.ts';
import { controlsText } from '../controls/text.ts';
import { Sessions } from './sessions.tsx';
import { footerText } from './text.ts';
import './footer.css';

/** Always visible: the user's sessions and the current context. */
export function Footer(props: Parameters<typeof Sessions>[0]) {
  return (
    <footer>
      <Sessions {...props} />
      <Kubectl />
    </footer>
  );
}

function Kubectl() {
  const kubectl = useAgent((agent) => agent.kubectl);
  const usable = useUsable();
  const { setCurrent } = useActions();
  const name = kubectl.context ?? footerText.none;
  const { production, limit } = kubectl;
  const now = useNow(limit && 5_000);
  const left = limit && timeLeft(limit.until, now);
  const notes = [
    ...(production ? [controlsText.production] : []),
    ...(left === undefined ? [] : [footerText.limit(left)]),
  ];
  return (
    <MenuTrigger>
      <Button
        className="kubectl"
        data-production={production}
        aria-label={[`${footerText.kubectl}: ${name}`, ...notes].join(', ')}
      >
        <ShipWheel size={15} aria-hidden />
        <span className="context" title={name}>
          {name}
        </span>
        {production && <span className="badge production">{controlsText.production}</span>}
        {limit !== undefined && left !== undefined && (
          <span className="limit" title={footerText.limitLong(left, limit.back)}>
            {left}
          </span>
        )}
        <ChevronsUpDown size={12} aria-hidden />
      </Button>
      <Popover className="popover" placement="top end" offset={6}>
        <Menu
          className="menu"
          aria-label={footerText.kubectl}
          selectionMode="single"
          selectedKeys={kubectl.cluster === undefined ? ['none'] : [kubectl.cluster]}
          disabledKeys={['none']}
          disallowEmptySelection
          onAction={(key) => {
            if (key !== kubectl.cluster) void setCurrent(key as ClusterId);
          }}
        >
          <MenuSection>
            <Header>{footerText.kubectl}</Header>
            {usable.map((cluster) => (
              <MenuItem key={cluster.id} id={cluster.id} textValue={cluster.title}>
                <span>{cluster.title}</span>
                {isProduction(cluster) && <span className="badge production">{controlsText.production}</span>}
              </MenuItem>
            ))}
            {kubectl.cluster === undefined && (
              <MenuItem id="none" textValue={name}>
                <span>{usable.length === 0 ? footerText.menuEmpty : name}</span>
                {usable.length > 0 && kubectl.context !== undefined && <small>{footerText.notOurs}</small>}
              </MenuItem>
            )}
          </MenuSection>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

/** Returns the clusters that can become current, and the current one. */
function useUsable() {
  const open = useAgent((agent) => agent.open);
  const tunnels = useAgent((agent) => agent.steady);
  const clusters = useAgent((agent) => agent.clusters);
  const current = useAgent((agent) => agent.kubectl.cluster);
  return [...open]
    .flatMap((id) => clusters.get(id) ?? [])
    .filter(({ id }) => id === current || isUsable(tunnels.get(id)?.state))
    .sort((a, b) => a.title.localeCompare(b.title));
}
