import { defineInterface, type MessageBus } from 'dbus-native';

const name = 'org.freedesktop.Notifications';

/** A notification as its program sent it. */
export interface BusNotification {
  readonly id: number;
  readonly title: string;
  readonly body: string;
  /** Keys and labels in turn; `default` is the click on it. */
  readonly actions: readonly string[];
}

/** The session's notifications. */
export interface NotificationServer {
  /** Those that stand. */
  standing(): readonly BusNotification[];
  /** As when the person has clicked it, or one of its buttons: it closes. */
  invoke(id: number, action?: string): void;
}

/** https://specifications.freedesktop.org/notification-spec/1.2/protocol.html. Rejects where another is it already. */
export async function serveNotifications(bus: MessageBus): Promise<NotificationServer> {
  const standing = new Map<number, BusNotification>();
  let lastId = 0;
  const close = (id: number, reason: 2 | 3) => {
    if (standing.delete(id)) definition.emit.NotificationClosed?.(id, reason);
  };
  const definition = defineInterface({
    name,
    methods: {
      GetCapabilities: { out: { capabilities: 'as' }, handler: () => ['actions', 'body'] },
      GetServerInformation: {
        out: { name: 's', vendor: 's', version: 's', spec: 's' },
        handler: () => ({ name: 'test', vendor: 'k8s-tunnels', version: '1', spec: '1.2' }),
      },
      Notify: {
        in: {
          app: 's',
          replaces: 'u',
          icon: 's',
          title: 's',
          body: 's',
          actions: 'as',
          hints: 'a{sv}',
          expires: 'i',
        },
        out: { id: 'u' },
        handler({ replaces, title, body, actions }: BusNotification & { readonly replaces: number }) {
          const id = replaces === 0 ? ++lastId : replaces;
          standing.set(id, { id, title, body, actions });
          return id;
        },
      },
      CloseNotification: { in: { id: 'u' }, handler: ({ id }: { readonly id: number }) => close(id, 3) },
    },
    signals: {
      ActionInvoked: { args: { id: 'u', action: 's' } },
      NotificationClosed: { args: { id: 'u', reason: 'u' } },
    },
  });
  await bus.export('/org/freedesktop/Notifications', definition);
  const { isPrimaryOwner } = await bus.ownName(name);
  if (!isPrimaryOwner) throw new Error('the session has notifications already');
  return {
    standing: () => [...standing.values()],
    invoke(id, action = 'default') {
      definition.emit.ActionInvoked?.(id, action);
      close(id, 2);
    },
  };
}
