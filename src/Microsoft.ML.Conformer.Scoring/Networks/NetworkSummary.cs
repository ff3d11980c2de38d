using System.Globalization;
using System.Text;

namespace Microsoft.ML.Conformer;

/// <summary>A network's layers with their output shapes, parameters and MACs, for images of one size; prints as a table.</summary>
public sealed class NetworkSummary
{
    internal NetworkSummary(VisionArchitecture architecture, int height, int width)
        : this(architecture.Layers(height, width), height, width)
    {
        if (architecture.SizeFault(height, width) is { } fault)
            throw new ArgumentException(fault);
    }

    internal NetworkSummary(IEnumerable<NetworkLayer> layers, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        (Height, Width, Layers) = (height, width, [.. layers]);
    }

    /// <summary>Height of the image in pixels.</summary>
    public int Height { get; }

    /// <summary>Width of the image in pixels.</summary>
    public int Width { get; }

    /// <summary>The layers, in the order of the official state dict.</summary>
    public IReadOnlyList<NetworkLayer> Layers { get; }

    /// <summary>Number of trained values of the whole network.</summary>
    public long Parameters => Layers.Sum(layer => layer.Parameters);

    /// <summary>Multiplications with accumulation for one image: convolutions, linear layers and attention's two products.</summary>
    public long Macs => Layers.Sum(layer => layer.Macs);

    /// <summary>The table: name, kind, output shape, parameters and MACs of each layer, and the totals.</summary>
    public override string ToString()
    {
        var culture = CultureInfo.InvariantCulture;
        var rows = Layers
            .Select(l => (l.Name, l.Kind, Shape: $"[{string.Join(", ", l.OutputShape)}]", l.Parameters, l.Macs)).ToList();
        int name = Math.Max(5, rows.Max(r => r.Name.Length)), kind = rows.Max(r => r.Kind.Length), shape = rows.Max(r => r.Shape.Length);
        string Row(string a, string b, string c, string d, string e) =>
            $"{a.PadRight(name)}  {b.PadRight(kind)}  {c.PadRight(shape)}  {d,12}  {e,14}";
        var text = new StringBuilder().AppendLine(Row("Layer", "Kind", "Output", "Parameters", "MACs"));
        var line = new string('-', Row("", "", "", "", "").Length);
        text.AppendLine(line);
        foreach (var row in rows)
            text.AppendLine(Row(row.Name, row.Kind, row.Shape, row.Parameters.ToString("N0", culture), row.Macs.ToString("N0", culture)));
        return text.AppendLine(line)
            .AppendLine(Row("Total", "", $"{Height} x {Width}", Parameters.ToString("N0", culture), Macs.ToString("N0", culture)))
            .ToString();
    }
}
