// Rich text plugin: link the chosen words to a published definition. The version is kept with the link.
(() => {
  const script = document.getElementById("definition-terms");
  if (!window.draftail || !window.React || !script) return;
  const { React, DraftJS } = window;
  const element = React.createElement;

  class Source extends React.Component {
    constructor(props) {
      super(props);
      this.state = { terms: null, words: "" };
      this.dialog = React.createRef();
    }

    componentDidMount() {
      this.dialog.current.showModal();
      fetch(script.dataset.definitionTerms, { headers: { Accept: "application/json" } })
        .then((response) => response.json())
        .then((data) => this.setState({ terms: data.terms }));
    }

    choose(term) {
      const { editorState, entityType, onComplete } = this.props;
      const content = editorState.getCurrentContent();
      const selection = editorState.getSelection();
      const data = { kind: term.kind, code: term.code, version: String(term.version) };
      const key = content.createEntity(entityType.type, "MUTABLE", data).getLastCreatedEntityKey();
      const next = selection.isCollapsed()
        ? DraftJS.Modifier.insertText(content, selection, term.title, null, key)
        : DraftJS.Modifier.applyEntity(content, selection, key);
      onComplete(DraftJS.EditorState.push(editorState, next, "apply-entity"));
    }

    render() {
      const words = this.state.words.toLowerCase();
      const terms = (this.state.terms || []).filter((term) => `${term.title} ${term.code}`.toLowerCase().includes(words));
      return element(
        "dialog",
        { ref: this.dialog, className: "definition-picker", onClose: this.props.onClose, "aria-label": "Choose a definition" },
        element("label", null, "Find a definition ", element("input", {
          type: "search",
          autoFocus: true,
          value: this.state.words,
          onChange: (event) => this.setState({ words: event.target.value }),
        })),
        this.state.terms === null ? element("p", null, "Loading…") : null,
        element("ul", null, terms.slice(0, 30).map((term) => element("li", { key: term.kind + term.code },
          element("button", { type: "button", className: "button button-small button-secondary", onClick: () => this.choose(term) },
            `${term.title} (${term.code}, version ${term.version})`)))),
        element("button", { type: "button", className: "button", onClick: () => this.props.onClose() }, "Cancel"),
      );
    }
  }

  const Term = (props) => {
    const data = props.contentState.getEntity(props.entityKey).getData();
    return element("span", {
      title: `Definition: ${data.code}, version ${data.version}`,
      style: { borderBottom: "2px dotted currentcolor" },
    }, props.children);
  };

  window.draftail.registerPlugin({ type: "DEFINITION", source: Source, decorator: Term }, "entityTypes");
})();
