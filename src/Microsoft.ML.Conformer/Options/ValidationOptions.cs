namespace Microsoft.ML.Conformer;

/// <summary>How a network is validated while it is trained.</summary>
public sealed class ValidationOptions
{
    /// <summary>
    /// Images to validate with after each epoch, to keep the weights of the best one. Null (default): there is no validation, and the last
    /// epoch's weights are kept.
    /// </summary>
    /// <remarks>
    /// It has the same image and label columns as the training data; the label may also be the plain values that the training labels'
    /// keys were made from. The classes may have another order.
    /// </remarks>
    public IDataView? Data { get; set; }

    /// <summary>
    /// What tells which epoch is the best. Default <see cref="ValidationMetric.Accuracy"/>. Another one needs <see cref="Data"/>.
    /// </summary>
    public ValidationMetric BestBy { get; set; } = ValidationMetric.Accuracy;

    /// <summary>
    /// The epochs in a row that are no better than the best one after which training ends, at least 1. Null (default): training has all
    /// its epochs.
    /// </summary>
    /// <remarks>
    /// It needs <see cref="Data"/>. The learning rate falls as if all epochs were trained: where training ends early, it never was low.
    /// With <see cref="Freezing.Gradual"/> epochs count from the one in which the whole network is trained.
    /// </remarks>
    public int? Patience { get; set; }

    internal ValidationOptions Copy() => (ValidationOptions)MemberwiseClone();

    /// <summary>What the trained weights follow from beside the images, by the options' names.</summary>
    internal IEnumerable<(string Name, object? Value)> Influences() => [(nameof(BestBy), BestBy), (nameof(Patience), Patience)];

    /// <summary>What is out of range, one sentence for each.</summary>
    internal IEnumerable<string> Faults()
    {
        if (!Enum.IsDefined(BestBy))
            yield return OptionFaults.NotDefined(nameof(BestBy), BestBy);
        else if (BestBy != ValidationMetric.Accuracy && Data is null)
            yield return $"{nameof(BestBy)} is {BestBy}, but {nameof(Data)} has no images to validate with.";
        if (Patience < 1)
            yield return $"{nameof(Patience)} is {Patience}; it must be at least 1, or null.";
        else if (Patience is not null && Data is null)
            yield return $"{nameof(Patience)} is {Patience}, but {nameof(Data)} has no images to validate with.";
    }
}
