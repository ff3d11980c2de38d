namespace Microsoft.ML.Conformer.Weights.Torch;

/// <summary>
/// Objects that a pickle would have made by running code. Beside the weights they are skipped; where weights are expected, or where weights
/// depend on one, they are refused.
/// </summary>
internal static class ForeignValues
{
    /// <summary>The global of a value that itself stands for foreign code or an object of it, or null.</summary>
    public static PickledGlobal? GlobalOf(object? value) => value switch
    {
        PickledObject instance => instance.Type,
        PickledGlobal { Kind: PickledGlobalKind.Foreign } global => global,
        _ => null,
    };

    /// <exception cref="CheckpointFormatException">The value itself is foreign.</exception>
    public static void RefuseIfForeign(string fileName, object? value)
    {
        if (GlobalOf(value) is { } global)
            throw Refusal(fileName, global, key: null);
    }

    /// <exception cref="CheckpointFormatException">
    /// An entry of the dictionary, one of its attributes, or anything that these consist of is foreign.
    /// </exception>
    public static void RefuseInside(string fileName, PickledDictionary dictionary)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        foreach (var (key, value) in dictionary.Items)
            if (Find(value, seen) is { } global)
                throw Refusal(fileName, global, key as string);
        if ((Find(dictionary.State, seen) ?? Find(dictionary, seen)) is { } other)
            throw Refusal(fileName, other, key: null);
    }

    public static CheckpointFormatException Refusal(string fileName, PickledGlobal global, string? key) => new(
        fileName,
        $"the pickle asks for the global '{VisibleText.Of(global.ToString())}', which is not part of a state dict and was not run. Save "
            + "only the weights, torch.save(model.state_dict(), path), and load that file.",
        key, global.ToString());

    /// <summary>Searches without recursion, so that nesting costs no call stack, and each value once, so that circles end.</summary>
    private static PickledGlobal? Find(object? root, HashSet<object> seen)
    {
        var left = new Stack<object?>([root]);
        while (left.TryPop(out var value))
        {
            if (GlobalOf(value) is { } global)
                return global;
            if (value is not (PickledDictionary or PickledList or PickledTuple or PickledTensor) || !seen.Add(value))
                continue;
            foreach (var part in Parts(value))
                left.Push(part);
        }
        return null;
    }

    private static IEnumerable<object?> Parts(object value) => value switch
    {
        PickledDictionary dictionary => dictionary.Items.SelectMany(item => new[] { item.Key, item.Value }).Append(dictionary.State),
        PickledList list => list.Items,
        PickledTuple tuple => tuple.Items,
        PickledTensor tensor => [tensor.Arguments],
        _ => [],
    };
}
