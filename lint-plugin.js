/** Rules that oxlint does not have. */
export default {
  meta: { name: 'martinete' },
  rules: {
    'no-dynamic-import': {
      create: (context) => ({
        ImportExpression: (node) => context.report({ node, message: 'Import at the top of the file.' }),
      }),
    },
    // Node.js 20 and 22 cannot parse it, and types are stripped, not compiled.
    'no-using': {
      create: (context) => ({
        VariableDeclaration: (node) => {
          if (node.kind.endsWith('using')) context.report({ node, message: 'Use try and finally.' });
        },
      }),
    },
  },
};
