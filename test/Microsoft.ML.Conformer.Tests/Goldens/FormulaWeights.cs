using Microsoft.ML.Conformer.Networks;

namespace Microsoft.ML.Conformer.Tests.Goldens;

/// <summary>A whole network's weights by formula, for a list of names and shapes.</summary>
internal sealed class FormulaWeights(IReadOnlyDictionary<string, long[]> shapes, int seed = 0) : IWeightSource
{
    private readonly Dictionary<string, List<Func<double, double>>> _changes = [];

    /// <summary>
    /// Multiplies the values of the tensors that <see cref="TensorSelector"/> finds, each product rounded to fp32. A tensor that several
    /// calls find takes all of their changes, in that order.
    /// </summary>
    public FormulaWeights Multiply(string selector, double factor) => Change(selector, value => value * factor);

    /// <summary>Adds a number to the values of the tensors that are found, each sum rounded to fp32.</summary>
    public FormulaWeights Add(string selector, double summand) => Change(selector, value => value + summand);

    public bool Contains(string name) => shapes.ContainsKey(name);

    public IReadOnlyList<long> Shape(string name) => shapes[name];

    public float[] Read(string name)
    {
        var weightBeside = name.EndsWith("bias", StringComparison.Ordinal) ? name[..^"bias".Length] + "weight" : null;
        var biasOfNorm = weightBeside is not null && shapes.TryGetValue(weightBeside, out var shape) && shape.Length == 1;
        var values = Formula.Tensor(name, shapes[name], biasOfNorm, seed);
        foreach (var change in _changes.GetValueOrDefault(name, []))
            for (var i = 0; i < values.Length; i++)
                values[i] = (float)change(values[i]);
        return values;
    }

    private FormulaWeights Change(string selector, Func<double, double> change)
    {
        var selected = TensorSelector.Parse(selector);
        var names = shapes.Where(s => selected(s.Key, s.Value)).Select(s => s.Key).ToList();
        Assert.AreNotEqual(0, names.Count, $"'{selector}' names no tensor");
        foreach (var name in names)
        {
            if (!_changes.TryGetValue(name, out var changes))
                _changes[name] = changes = [];
            changes.Add(change);
        }
        return this;
    }
}
