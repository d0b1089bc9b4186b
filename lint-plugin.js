/** Rules that oxlint does not have. */
export default {
  meta: { name: 'martinete' },
  rules: {
    'no-dynamic-import': {
      create: (context) => ({
        ImportExpression: (node) => context.report({ node, message: 'Import at the top of the file.' }),
      }),
    },
  },
};
