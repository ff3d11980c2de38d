using System.Reflection;
using TorchSharp;

namespace Microsoft.ML.Conformer.Tests.Scoring;

[TestClass]
public sealed class ScoringIndependenceTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [TestMethod]
    public void WhatScoresHasNothingOfTorchSharp()
    {
        var root = typeof(ImageClassifierTransformer).Namespace;
        Type[] transformers = [typeof(ImageClassifierTransformer), typeof(ImageFeatureTransformer), typeof(ImageFeatureEstimator)];
        string[] folders = [$"{root}.Scoring", $"{root}.Data", $"{root}.Onnx"];
        var scoring = typeof(ImageClassifierTransformer).Assembly.GetTypes()
            .Where(type => transformers.Contains(type) || folders.Contains(type.Namespace)).ToList();
        Assert.IsTrue(scoring.Count > 10);

        var found = scoring.SelectMany(type => TypesIn(type).Where(IsTorch).Select(torch => $"{type} uses {torch}")).ToList();

        Assert.AreEqual(0, found.Count, string.Join("; ", found));
    }

    private static IEnumerable<Type> TypesIn(Type type) =>
    [
        .. type.GetFields(Declared).Select(field => field.FieldType),
        .. type.GetMethods(Declared).Select(method => method.ReturnType),
        .. type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared)).SelectMany(method =>
            method.GetParameters().Select(parameter => parameter.ParameterType)
                .Concat(method.GetMethodBody()?.LocalVariables.Select(local => local.LocalType) ?? [])),
    ];

    private static bool IsTorch(Type type) =>
        type.Assembly == typeof(torch).Assembly
        || type.GetGenericArguments().Any(IsTorch)
        || (type.GetElementType() is { } element && IsTorch(element));
}
