using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>Scores the rows of a saved pipeline, with the network that stands in them as text.</summary>
/// <typeparam name="TMetadata">What is known of the network.</typeparam>
/// <typeparam name="TResult">What it makes of a photo.</typeparam>
internal sealed class SavedNetwork<TMetadata, TResult> where TMetadata : PhotoMetadata
{
    /// <summary>One for each text that is in use, which a pipeline holds once.</summary>
    private static readonly ConditionalWeakTable<object, SavedNetwork<TMetadata, TResult>> _opened = [];

    private static readonly Lock _opening = new();

    private readonly Lock _running = new();
    private readonly PhotoSession<TResult> _session;
    private readonly ImageDecoding _decoding;

    private SavedNetwork(
        in VBuffer<ReadOnlyMemory<char>> text, Func<ByteSource, ScoringOptions, (TMetadata, PhotoSession<TResult>)> open)
    {
        var options = new ScoringOptions();
        try
        {
            (Metadata, _session) = open(
                ByteSource.FromMemory("the saved network", PackedText.Read([.. text.DenseValues()])), options);
            _decoding = options.DecodingFor(Metadata.Images.Colors);
        }
        catch (FormatException e)
        {
            throw new InvalidDataException($"The saved network cannot be used. {e.Message}", e);
        }
    }

    public TMetadata Metadata { get; }

    /// <summary>The network of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="open">Opens a file; the session has it, so that nothing else should keep it: it is large.</param>
    /// <exception cref="InvalidDataException">There is none, or it cannot be used.</exception>
    public static SavedNetwork<TMetadata, TResult> Of(
        ISavedRow row, Func<ByteSource, ScoringOptions, (TMetadata, PhotoSession<TResult>)> open)
    {
        var text = row.Network;
        var first = text.Length == 0 ? default : text.GetItemOrDefault(0);
        object? owner = MemoryMarshal.TryGetString(first, out var whole, out _, out _) ? whole
            : MemoryMarshal.TryGetArray(first, out var letters) ? letters.Array
            : null;
        if (owner is null)
            throw new InvalidDataException("The saved network cannot be used: there is none.");
        lock (_opening)
        {
            if (!_opened.TryGetValue(owner, out var network))
                _opened.Add(owner, network = new SavedNetwork<TMetadata, TResult>(text, open));
            return network;
        }
    }

    /// <summary>What it makes of a row's photo.</summary>
    public TResult Score(ISavedRow row)
    {
        var prepared = _session.Prepare(row.Read(_decoding));
        // ML.NET reads rows by several threads at once, and one run has work for all processors.
        lock (_running)
            return _session.Run([prepared])[0];
    }
}
