using System.IO.Enumeration;

namespace Microsoft.ML.Conformer.Tests.Goldens;

/// <summary>
/// The golden files' way to name tensors: a name with wildcards ("*.running_var"), "bias of A, B" or "weight and bias of A, B" for the
/// parameters of modules, and "every 4-d conv weight except A".
/// </summary>
internal static class TensorSelector
{
    private const string EveryConvolution = "every 4-d conv weight except ";

    public static Func<string, IReadOnlyList<long>, bool> Parse(string text)
    {
        if (text.StartsWith(EveryConvolution, StringComparison.Ordinal))
        {
            var exceptions = Patterns(text[EveryConvolution.Length..]);
            return (name, shape) => shape.Count == 4 && name.EndsWith(".weight", StringComparison.Ordinal) && !Fits(exceptions, name);
        }
        if (text.Split(" of ", 2) is [var parameters, var modules])
        {
            var names = Patterns(modules).SelectMany(m => parameters.Split(" and ").Select(p => $"{m}.{p}")).ToArray();
            return (name, _) => Fits(names, name);
        }
        return (name, _) => Fits([text], name);
    }

    private static string[] Patterns(string list) => list.Split(", ");

    private static bool Fits(string[] patterns, string name) =>
        patterns.Any(p => FileSystemName.MatchesSimpleExpression(p, name, ignoreCase: false));
}
